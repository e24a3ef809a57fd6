"""Divides the files of a text into parts, which are worked on by themselves. Reads no files.

A part is one large file, or small ones that follow one another. The division depends on the sizes of the files alone,
so a text has the same parts in any number of processes, and a file that is added leaves the large ones what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charlm.text.files.source_file import SourceFile

LARGE = 1 << 27  # bytes of files from which a text is worked on in parts; a smaller one takes some seconds
FULL = 1 << 26  # bytes from which a part is full


@dataclass(frozen=True)
class Part:
    """Files from one number to another, the end excluded, and their bytes, packed as they are."""

    first: int
    end: int
    size: int


def is_large(files: Sequence[SourceFile]) -> bool:
    """Whether the text is worked on in parts."""
    return sum(file.size for file in files) >= LARGE


def parts_of(files: Sequence[SourceFile]) -> list[Part]:
    """The parts of a text, in its order; of one that is not large, a single one."""
    if not is_large(files):
        return [Part(0, len(files), sum(file.size for file in files))]
    parts: list[Part] = []
    first = size = 0
    for number, file in enumerate(files):
        if file.size >= FULL and size:
            parts.append(Part(first, number, size))
            first, size = number, 0
        size += file.size
        if size >= FULL:
            parts.append(Part(first, number + 1, size))
            first, size = number + 1, 0
    if first < len(files):
        parts.append(Part(first, len(files), size))
    return parts
