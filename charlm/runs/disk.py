"""The calls by which anything of a run comes onto the disk, all of them. Knows nothing of what is written.

Whoever writes is given a Disk; the tests give one that counts the calls and lets the i-th fail.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from charlm.errors import CheckpointError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)  # Windows would change newlines


@dataclass(frozen=True)
class Disk:
    """The system's own calls, unless told."""

    mkdir: Callable[[Path], None] = os.mkdir
    open: Callable[[Path, int, int], int] = os.open
    write: Callable[[int, memoryview], int] = os.write
    fsync: Callable[[int], None] = os.fsync
    close: Callable[[int], None] = os.close
    replace: Callable[[Path, Path], None] = os.replace
    unlink: Callable[[Path], None] = os.unlink
    rmdir: Callable[[Path], None] = os.rmdir

    def write_file(self, path: Path, content: bytes) -> None:
        """Make the file hold the content, and wait until the disk has it. Raises OSError."""
        descriptor = self.open(path, NEW_FILE, 0o644)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[self.write(descriptor, rest) :]
            self.fsync(descriptor)
        finally:
            self.close(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Bring the names in the folder to the disk. Raises OSError."""
        if os.name == "nt":
            return  # Windows opens no folders, and needs no such thing
        descriptor = self.open(folder, os.O_RDONLY, 0)
        try:
            self.fsync(descriptor)
        finally:
            self.close(descriptor)


DISK = Disk()


def refused(what: str, path: Path, needed: int, remedy: str, error: OSError) -> CheckpointError:
    """The error to raise where the disk would not take `needed` bytes for `path`."""
    reason = "The disk is full" if error.errno in FULL else error.strerror
    return CheckpointError(f"{what} could not be written: {reason} ({needed:,} bytes were needed)", str(path), remedy)
