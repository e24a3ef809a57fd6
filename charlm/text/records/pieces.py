"""A record that is put together from short texts, and kept in pieces. Knows no format.

A list of short strings takes many times the memory of their text, and joining a long text needs room for it twice. So
short texts are joined to blocks, and the blocks are never joined.
"""

from __future__ import annotations

from collections.abc import Iterator

BLOCK = 1 << 16  # characters of a block; longer texts stay as they are

Record = list[str]  # pieces that follow one another


class Pieces:
    """The pieces of one record after the other."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._short: list[str] = []
        self._length = 0

    def add(self, text: str) -> None:
        """Append a text to the record."""
        self._short.append(text)
        self._length += len(text)
        if self._length >= BLOCK:
            self._join()

    def take(self) -> Record:
        """The record without the line ends around it. The next one begins empty."""
        if not self._blocks:  # nearly all records
            text = "".join(self._short).strip("\n")
            self._short, self._length = [], 0
            return [text] if text else []
        self._join()
        taken, self._blocks = self._blocks, []
        return without_line_ends(taken)

    def _join(self) -> None:
        if self._length:
            self._blocks.append(self._short[0] if len(self._short) == 1 else "".join(self._short))
        self._short, self._length = [], 0


def without_line_ends(record: Record) -> Record:
    """The record without the line ends at its start and its end."""
    first, end = 0, len(record)
    while first < end and not record[first].strip("\n"):
        first += 1
    while first < end and not record[end - 1].strip("\n"):
        end -= 1
    kept = record[first:end]
    if kept:
        kept[0] = kept[0].lstrip("\n")
        kept[-1] = kept[-1].rstrip("\n")
    return kept


def is_blank(record: Record) -> bool:
    """Whether the record is empty or white space."""
    return all(not piece or piece.isspace() for piece in record) if len(record) > 1 else not "".join(record).strip()


def in_parts(text: str, most: int) -> Iterator[str]:
    """The text in parts of at most `most` characters, so that whoever works on one has no copy of all."""
    if len(text) <= most:
        yield text
        return
    for start in range(0, len(text), most):
        yield text[start : start + most]
