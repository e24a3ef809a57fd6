"""Reads the sequences of FASTA: each is a record, its lines joined, its header left out. Knows no files and no ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from charlm.errors import TextError
from charlm.text.records.separating import lines_of

HEADERS = (">", ";")  # the second begins a comment in old files


def read_sequences(texts: Iterable[str], where: str) -> Iterator[str]:
    """The sequences. Raises TextError if the text does not begin with a header."""
    parts: list[str] = []
    begun = False
    for line in lines_of(texts):
        if line.startswith(HEADERS):
            if begun and parts:
                yield "".join(parts)
            parts, begun = [], True
        elif stripped := "".join(line.split()):
            if not begun:
                raise TextError(
                    "FASTA begins with a header line: > and a name", where, "Leave text.format out if this is no FASTA."
                )
            parts.append(stripped)
    if parts:
        yield "".join(parts)
