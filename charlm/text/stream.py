"""The files of a text, read one after another as one stream. Knows no ids and no splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.book import Span, find_books, may_begin, within
from charlm.text.clusters import rules_version
from charlm.text.decoding.reading import Chunk, read_bytes, read_text
from charlm.text.files.parquet import cells_of
from charlm.text.files.source_file import SourceFile
from charlm.text.normalizing import in_whole_letters, normalized, utf8_length, with_unix_newlines
from charlm.text.records.forms import RECORD_END, ended_together, is_plain, read_records, record_end
from charlm.text.records.pieces import in_parts
from charlm.text.records.separating import EMPTY_LINE, FILE, has_own_line, unescaped
from charlm.text.records.tables import labelled
from charlm.text.records.tally import Tally

LONGEST_PART = 1 << 16  # characters that are normalized together


@dataclass(frozen=True)
class Beside:
    """What a part of a text has to know of the rest: whether files come before it and after it, and its `own_line`."""

    before: bool = False
    after: bool = False
    own_line: bool | None = None  # None: this is all of the text


@dataclass(frozen=True)
class TextStream:
    """Files and how they are read; `encoding` is `bytes` if nothing is decoded.

    A file that does not end with a newline gets one, so that the next file begins on a new line. The last file gets one
    only if the files may be put in another order: if there are several, and the split may be shuffled. Records in
    another form than lines get RECORD_END instead, each.
    """

    files: Sequence[SourceFile]
    encoding: str
    settings: TextSettings
    beside: Beside = Beside()
    _found: dict[int, list[Span]] = field(default_factory=dict, repr=False, compare=False)  # books, by number of file

    @property
    def as_bytes(self) -> bool:
        return self.encoding == "bytes"

    @property
    def has_form(self) -> bool:
        """Whether the text has records in another form than lines."""
        return record_end(self.settings) == RECORD_END

    @property
    def identity(self) -> list[Any]:
        """What, beside the bytes of the files, decides about the text."""
        settings = self.settings
        form: list[Any] = [True] if self._ended and len(self.files) > 1 else []
        if self.has_form:
            names = [self.files[0].label] if settings.column is not None else []  # its suffix tells csv from tsv
            form = [settings.separator, settings.format, settings.column, settings.field, settings.label]
            form += [settings.header, *names]
        if settings.unit == "grapheme":
            form += ["grapheme", rules_version()]
        if settings.min_count > 1:
            form += ["min_count", settings.min_count]
        decided = [[file.encoding for file in self.files]] if "," in self.encoding else []
        read = ["keep" if self.as_bytes else settings.newlines, settings.strip, settings.normalize]
        return [self.encoding, *read, *decided, *form]

    def all_text(self, tally: Tally) -> Iterator[Chunk]:
        """The whole text, decoded. Raises TextError."""
        for number in range(len(self.files)):
            yield from self.text_of(number, tally)

    def all_bytes(self) -> Iterator[bytes]:
        """The whole text, not decoded. Raises TextError."""
        for number in range(len(self.files)):
            yield from self.bytes_of(number)

    def part(self, first: int, end: int) -> TextStream:
        """The files from one number to another, the end excluded, read as within the whole text."""
        own_line = self.has_form and is_plain(self.settings) and self.own_line
        beside = Beside(first > 0, end < len(self.files), own_line)
        found = self._found if end - first == len(self.files) else {}
        return replace(self, files=self.files[first:end], beside=beside, _found=found)

    def composed(self) -> TextStream:
        """The same with letters and their separate accents as one character each, where there is one."""
        forms = (*self.settings.normalize, "nfc")
        return replace(self, settings=self.settings.model_copy(update={"normalize": forms}))

    def text_of(self, number: int, tally: Tally) -> Iterator[Chunk]:
        """The text of the file with that number in its forms, and what it lacks at its end."""
        chunks = self._as_given(number, tally)
        return self._normalized(chunks) if self.settings.normalize else chunks

    def _as_given(self, number: int, tally: Tally) -> Iterator[Chunk]:
        if self.files[number].table:
            yield from self._cells_of(number, tally)
            return
        chunks = self._within_books(number)
        if self.has_form:
            yield from self._records_of(number, chunks, tally)
            return
        last = "\n"
        for chunk in chunks:
            yield chunk
            last = chunk.text[-1:] or last
        if last != "\n" and self.is_followed(number):
            yield Chunk("\n")

    def _normalized(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The chunks in the forms, cut where a letter with its marks ends."""
        counts: list[Chunk] = []

        def texts() -> Iterator[str]:
            for chunk in chunks:
                counts.append(replace(chunk, text=""))
                yield from in_parts(chunk.text, LONGEST_PART)  # some characters become eighteen

        for text in in_whole_letters(texts()):
            new = normalized(text, self.settings.normalize)
            yield Chunk(new, more_bytes=utf8_length(text) - utf8_length(new))
        yield from counts

    def _within_books(self, number: int) -> Iterator[Chunk]:
        """The text of a file without what stands outside of the books in it, if it has books."""
        books = self._books(number)
        if not books:
            yield from self._read(number)
            return
        begin = 0
        for chunk in self._read(number):
            text = within(chunk.text, begin, books)
            yield replace(chunk, text=text, stripped=len(chunk.text) - len(text))
            begin += len(chunk.text)

    def _books(self, number: int) -> list[Span]:
        if self.settings.strip == "none" or self.files[number].table:
            return []
        if number not in self._found:
            head = next((chunk.text for chunk in self._read(number)), "")
            texts = (chunk.text for chunk in self._read(number))
            self._found[number] = find_books(texts) if may_begin(head) else []
        return self._found[number]

    def bookless(self) -> int:
        """How many files have no book, if the book was asked for by name; they have been read before."""
        if self.settings.strip != "gutenberg" or self.as_bytes:
            return 0
        return sum(not self._books(number) for number in range(len(self.files)))

    def strip_notes(self, bookless: int) -> list[str]:
        """What to say if the book was asked for by name, and so many files have none."""
        if self.settings.strip == "gutenberg" and self.as_bytes:
            return ["text.strip=gutenberg is for characters: a text that is read as bytes is read whole"]
        if not bookless:
            return []
        where = self.files[0].label if len(self.files) == 1 else f"{bookless:,} of {len(self.files):,} files"
        return [f"text.strip=gutenberg: {where} without the two marker lines around a book, so nothing was left out"]

    def _read(self, number: int) -> Iterator[Chunk]:
        return read_text([self.files[number]], self.encoding, self.settings.newlines)

    def bytes_of(self, number: int) -> Iterator[bytes]:
        """The same for a text that is not decoded."""
        last = b"\n"
        for block in read_bytes([self.files[number]]):
            yield block
            last = block[-1:]
        if last != b"\n" and self.is_followed(number):
            yield b"\n"

    def _cells_of(self, number: int, tally: Tally) -> Iterator[Chunk]:
        """The records of a table of Parquet: the cells of its column."""
        file, settings = self.files[number], self.settings
        assert settings.column is not None
        for _ in file.blocks() if file.sha256 else ():  # it raises if they are no longer the ones that were counted
            pass
        crlf = cr = 0

        def batches() -> Iterator[list[str]]:
            nonlocal crlf, cr
            for cells in cells_of(file, settings.column or 1, settings.label):
                tally.counts += Counter(missing=cells.missing)
                texts = cells.texts
                if settings.newlines == "unix" and any("\r" in text for text in texts):
                    pairs = sum(text.count("\r\n") for text in texts)
                    crlf, cr = crlf + pairs, cr + sum(text.count("\r") for text in texts) - pairs
                    texts = [with_unix_newlines(text) for text in texts]
                if cells.labels is not None:
                    rows = zip(texts, cells.labels, strict=True)
                    texts = [labelled(text, label, tally) for text, label in rows]
                yield texts

        for text in ended_together(batches(), tally):
            yield Chunk(text)
        yield Chunk("", crlf=crlf, cr=cr)

    def require_separators(self, tally: Tally) -> None:
        """Raises TextError if the text was read, and its separator never occurs."""
        separator = self.settings.separator
        if self.has_form and is_plain(self.settings) and separator != FILE and not tally.counts["separators"]:
            labels = ", ".join(file.label for file in self.files[:3])
            raise TextError(
                f"The separator never occurs: text.separator={separator}",
                labels,
                "Look at the text with `charlm data show FILE`. Each line is a record with --records alone.",
            )

    def _records_of(self, number: int, chunks: Iterator[Chunk], tally: Tally) -> Iterator[Chunk]:
        changed = Chunk("")

        def texts() -> Iterator[str]:
            nonlocal changed
            for chunk in chunks:
                names = ("marks", "crlf", "cr", "stripped")
                changed = Chunk("", *(getattr(changed, name) + getattr(chunk, name) for name in names))
                yield chunk.text

        own_line = is_plain(self.settings) and self.own_line
        for text in read_records(texts(), self.settings, own_line, self.files[number].label, tally):
            yield Chunk(text)
        yield changed

    @cached_property
    def own_line(self) -> bool:
        """Whether the separator stands on a line of its own somewhere in the text."""
        if self.beside.own_line is not None or self.settings.separator in (EMPTY_LINE, FILE):
            return bool(self.beside.own_line)
        texts = (chunk.text for number in range(len(self.files)) for chunk in self._within_books(number))
        return has_own_line(texts, unescaped(self.settings.separator))

    @property
    def _ended(self) -> bool:
        return self.settings.split != "contiguous"

    def is_followed(self, number: int) -> bool:
        """Whether another file may come after the one with that number, which then ends with a newline."""
        several = len(self.files) > 1 or self.beside.before or self.beside.after
        return several and (self._ended or number + 1 < len(self.files) or self.beside.after)
