"""Reads the first lines of a text without encoding it. Knows no ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from charlm.config.settings import TextSettings
from charlm.text.decoding.deciding import decide_encodings, decision_notes
from charlm.text.decoding.encodings import AUTO
from charlm.text.decoding.reading import Chunk, read_bytes
from charlm.text.files.spool import Spool
from charlm.text.records.tally import Tally
from charlm.text.sources import find_files
from charlm.text.stream import TextStream

STRIPPED = (
    "what stands before and after the book is left out, such as Project Gutenberg's licence; "
    "-s text.strip=none keeps it"
)


@dataclass(frozen=True)
class Preview:
    """The files of a text with their sizes in bytes, notes on what was left out, and the first lines."""

    files: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    lines: tuple[str, ...]


def preview_text(settings: TextSettings, lines: int, width: int) -> Preview:
    """At most `lines` lines, each cut to `width` characters. Raises the errors of `open_corpus`."""
    as_bytes, encoding = settings.unit == "byte", settings.encoding
    with Spool() as spool:
        files, notes = find_files(settings, spool)
        if encoding == AUTO and not as_bytes:
            files = decide_encodings(files, settings.decided)
            notes += decision_notes(files)
        form = settings.model_copy(update={"split": "contiguous"})
        stream = TextStream(files, "bytes" if as_bytes else encoding, form)
        chunks: Iterator[Chunk] = (
            (Chunk(block.decode("utf-8", "replace")) for block in read_bytes(files))
            if as_bytes
            else stream.all_text(Tally())
        )
        head, stripped = "", False
        for chunk in chunks:
            head, stripped = head + chunk.text, stripped or chunk.stripped > 0
            if head.count("\n") >= lines or len(head) > lines * width:
                break
        notes += [*stream.strip_notes(stream.bookless()), *([STRIPPED] if stripped else [])]
    first = tuple(line[:width] for line in head.removesuffix("\n").split("\n")[:lines])
    return Preview(tuple((file.label, file.size) for file in files), tuple(notes), first)
