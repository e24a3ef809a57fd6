"""A file of a text: its bytes in blocks, unpacked if it is a .gz, .bz2, .xz or .zst. Decodes nothing, finds no files.

A file is read up to the size that it had when it was found, so that a growing one keeps no reader busy. Its first bytes
decide whether it is packed, not its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from charlm.errors import TextError
from charlm.text.files.unpacking import DAMAGE, packing_of, unpacked

BLOCK = 1 << 20  # bytes read at a time
HEAD = 1 << 13  # bytes that decide what a file is
MOST_UNPACKED = 1 << 28  # bytes that any packed file may unpack to; a larger one ...
MOST_RATIO = 200  # ... up to this many times its size: text has a ratio of 3 to 10, a zip bomb of a thousand

RESCUES = {  # commands that unpack up to the damage
    ".gz": "`gzip -dc FILE > FILE.txt`",
    ".bz2": "`bzip2recover FILE`",
    ".xz": "`xz -dc FILE > FILE.txt`",
    ".zst": "`zstd -dc FILE > FILE.txt`",
    "zip archive": "`7z x FILE`",
    "tar archive": "`tar -xf FILE`",
}


@dataclass
class Measure:
    """The size and the sha256 of the bytes of a file, from its last reading to the end; how far the latest one is."""

    size: int = 0
    sha256: str = ""
    read: int = 0


@dataclass(frozen=True, slots=True)  # an archive has a hundred thousand of them
class SourceFile:
    """A file to read: its name for messages, its path, its size when it was found, and its expected checksum."""

    label: str
    path: Path
    size: int
    unpacked_size: int | None = None  # None until `measured`
    sha256: str | None = None  # of the unpacked bytes, None if unknown
    encoding: str | None = None  # decided for this file; None: that of the whole text
    offset: int | None = None  # of a member of an archive, unpacked already, in the file that holds them all
    table: bool = False  # of Parquet, whose column is read
    measure: Measure | None = field(default=None, compare=False)  # is told what is read

    def blocks(self) -> Iterator[bytes]:
        """The bytes of the file, unpacked, at most BLOCK at a time.

        Raises TextError if it cannot be read, or at the end if the bytes do not have the expected sha256.
        """
        seen, size = hashlib.sha256(), 0
        for block in self._blocks():
            if self.sha256 or self.measure:
                seen.update(block)
            size += len(block)
            if self.measure:
                self.measure.read = size
            yield block
        if self.measure:
            self.measure.size, self.measure.sha256 = size, seen.hexdigest()
        if self.sha256 and self.sha256 != seen.hexdigest():
            is_corpus = self.unpacked_size is None  # its checksum is known without `measured`
            raise TextError(
                "The text is not the one that was fetched" if is_corpus else "The text changed while it was read",
                str(self.path),
                f"Run `charlm data fetch {self.label}` again." if is_corpus else "Copy it, and give the copy.",
            )

    def head(self) -> bytes:
        """The first HEAD bytes, unpacked."""
        head = b""
        for block in self.blocks():
            head += block
            if len(head) >= HEAD:
                break
        return head[:HEAD]

    def packing(self) -> str | None:
        """`.gz`, `.bz2`, `.xz` or `.zst`; None if the file is not packed. Raises TextError if it cannot be read."""
        if self.offset is not None:
            return None
        try:
            with self.path.open("rb") as file:
                return packing_of(file.read(16))
        except OSError as error:
            raise unreadable_error(self.label, error) from None

    def measured(self) -> SourceFile:
        """The file with the size and sha256 of its unpacked bytes, which every later read is compared with.

        It is read for that, unless its `measure` knows them from another reading.
        """
        found = self.measure or Measure()
        if not found.sha256:
            for _ in replace(self, measure=found).blocks():
                pass
        return replace(self, unpacked_size=found.size, sha256=found.sha256, measure=None)

    def _blocks(self) -> Iterator[bytes]:
        packing = self.packing()
        left = most_unpacked(self.size) if packing else self.size
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset or 0)
                stream: Any = unpacked(file, packing) if packing else file
                while left and (block := stream.read(min(BLOCK, left))):
                    left -= len(block)
                    yield block
        except DAMAGE as error:
            if not packing:
                raise unreadable_error(self.label, error) from None
            raise damaged_error(packing, self.label, error) from None
        if packing and not left:
            raise bomb_error(packing, self.label, self.size)


def most_unpacked(size: int) -> int:
    """The bytes that a packed file of this size may unpack to."""
    return max(MOST_UNPACKED, MOST_RATIO * size)


def bomb_error(form: str, label: str, size: int) -> TextError:
    """The error for a packed file or an archive that unpacks to far more than text does."""
    return TextError(
        f"This {form} unpacks to more than {MOST_RATIO} times its size, like a zip bomb",
        f"{label}, {size:,} bytes",
        "To use it anyway, unpack it and give the file.",
    )


def damaged_error(form: str, label: str, reason: object) -> TextError:
    """The error for a packed file or an archive (a key of RESCUES) that is cut short or damaged."""
    return TextError(
        f"This {form} is damaged or cut short: {str(reason).rstrip('.')}",
        label,
        f"Fetch or copy it again. If that does not help, {RESCUES[form]} gets out what is whole.",
    )


def unreadable_error(label: str, error: Exception) -> TextError:
    """The error for a file that the system does not let us read."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return TextError(f"The text cannot be read: {reason}", label, "Check the name and your permission to read it.")
