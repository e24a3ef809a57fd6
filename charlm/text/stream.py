"""The files of a text, read one after another as one stream. Knows no ids and no splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from charlm.text.book import Span, find_books, may_begin, within
from charlm.text.normalizing import in_whole_letters, normalized, utf8_length
from charlm.text.reading import Chunk, read_bytes, read_text
from charlm.text.source_file import SourceFile


@dataclass(frozen=True)
class TextStream:
    """Files and how they are read; `encoding` is `bytes` if nothing is decoded.

    A file that does not end with a newline gets one, so that the next file begins on a new line. The last file gets one
    only if the files may be put in another order: if `ended`, and there are several.
    """

    files: Sequence[SourceFile]
    encoding: str
    newlines: str
    ended: bool
    strip: Literal["auto", "none", "gutenberg"] = "none"
    forms: tuple[str, ...] = ()  # that the text is normalized into
    _found: dict[int, list[Span]] = field(
        default_factory=dict, repr=False, compare=False
    )  # books by number of the file

    @property
    def as_bytes(self) -> bool:
        return self.encoding == "bytes"

    @property
    def identity(self) -> list[Any]:
        """What, beside the bytes of the files, decides about the text."""
        ended = [True] if self.ended and len(self.files) > 1 else []
        decided = [[file.encoding for file in self.files]] if "," in self.encoding else []
        return [self.encoding, "keep" if self.as_bytes else self.newlines, self.strip, self.forms, *decided, *ended]

    def all_text(self) -> Iterator[Chunk]:
        """The whole text, decoded. Raises TextError."""
        for number in range(len(self.files)):
            yield from self.text_of(number)

    def all_bytes(self) -> Iterator[bytes]:
        """The whole text, not decoded. Raises TextError."""
        for number in range(len(self.files)):
            yield from self.bytes_of(number)

    def text_of(self, number: int) -> Iterator[Chunk]:
        """The text of the file with that number, and the newline that it lacks."""
        last = "\n"
        chunks = self._within_books(number)
        for chunk in self._normalized(chunks) if self.forms else chunks:
            yield chunk
            last = chunk.text[-1:] or last
        if last != "\n" and self._is_followed(number):
            yield Chunk("\n")

    def _normalized(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The chunks in the forms, cut where a letter with its marks ends."""
        counts: list[Chunk] = []

        def texts() -> Iterator[str]:
            for chunk in chunks:
                counts.append(replace(chunk, text=""))
                yield chunk.text

        for text in in_whole_letters(texts()):
            new = normalized(text, self.forms)
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
        if self.strip == "none":
            return []
        if number not in self._found:
            head = next((chunk.text for chunk in self._read(number)), "")
            texts = (chunk.text for chunk in self._read(number))
            self._found[number] = find_books(texts) if may_begin(head) else []
        return self._found[number]

    def _read(self, number: int) -> Iterator[Chunk]:
        return read_text([self.files[number]], self.encoding, self.newlines)

    def bytes_of(self, number: int) -> Iterator[bytes]:
        """The same for a text that is not decoded."""
        last = b"\n"
        for block in read_bytes([self.files[number]]):
            yield block
            last = block[-1:]
        if last != b"\n" and self._is_followed(number):
            yield b"\n"

    def _is_followed(self, number: int) -> bool:
        return len(self.files) > 1 and (self.ended or number + 1 < len(self.files))
