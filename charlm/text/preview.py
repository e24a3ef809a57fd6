"""Reads the first lines of a text without encoding it. Knows no ids."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charlm.config.settings import TextSettings
from charlm.text.reading import find_codec, read_bytes, read_text
from charlm.text.sources import find_files


@dataclass(frozen=True)
class Preview:
    """The files of a text with their sizes in bytes, notes on what was left out, and the first lines."""

    files: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    lines: tuple[str, ...]


def preview_text(settings: TextSettings, lines: int, width: int) -> Preview:
    """At most `lines` lines, each cut to `width` characters. Raises the errors of `open_corpus`."""
    encoding = find_codec(settings.encoding)
    as_bytes = settings.unit == "byte"
    with tempfile.TemporaryDirectory(prefix="charlm-") as spool:
        files, notes = find_files(settings.sources, keep_binary=as_bytes, spool=Path(spool))
        texts: Iterator[str] = (
            (block.decode("utf-8", "replace") for block in read_bytes(files))
            if as_bytes
            else (chunk.text for chunk in read_text(files, encoding.name, settings.newlines))
        )
        head = ""
        for text in texts:
            head += text
            if head.count("\n") >= lines or len(head) > lines * width:
                break
    first = tuple(line[:width] for line in head.removesuffix("\n").split("\n")[:lines])
    return Preview(tuple((file.label, file.size) for file in files), tuple(notes), first)
