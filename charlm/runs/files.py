"""Writing files so that they survive a crash, and reading small JSON files. Knows nothing of their contents.

`Disk` has every call by which a file of a run gets onto the disk. Whoever writes is given a Disk; the tests give one
that counts the calls and lets the i-th fail.
"""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charlm.errors import CheckpointError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)  # Windows would change newlines
MAX_JSON = 32 * 2**20  # bytes; a checkpoint's description with every code point in its vocabulary is a third of it


@dataclass(frozen=True)
class Disk:
    """The operating system's calls. Each can be replaced by another function, which the tests do."""

    mkdir: Callable[[Path], None] = os.mkdir
    open: Callable[[Path, int, int], int] = os.open
    write: Callable[[int, memoryview], int] = os.write
    fsync: Callable[[int], None] = os.fsync
    close: Callable[[int], None] = os.close
    replace: Callable[[Path, Path], None] = os.replace
    unlink: Callable[[Path], None] = os.unlink
    rmdir: Callable[[Path], None] = os.rmdir

    def write_file(self, path: Path, content: bytes) -> None:
        """Write the content into the file and wait until it is on the disk. Raises OSError."""
        descriptor = self.open(path, NEW_FILE, 0o644)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[self.write(descriptor, rest) :]
            self.fsync(descriptor)
        finally:
            self.close(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Wait until the names in the folder are on the disk. Raises OSError."""
        if os.name == "nt":
            return  # Windows cannot open folders, and does not need this
        descriptor = self.open(folder, os.O_RDONLY, 0)
        try:
            self.fsync(descriptor)
        finally:
            self.close(descriptor)


DISK = Disk()


def write_error(what: str, path: Path, needed: int, remedy: str, error: OSError) -> CheckpointError:
    """The error to raise if `needed` bytes could not be written to `path`."""
    reason = "The disk is full" if error.errno in FULL else error.strerror
    return CheckpointError(f"{what} could not be written: {reason} ({needed:,} bytes were needed)", str(path), remedy)


def replace_text(path: Path, text: str, disk: Disk = DISK) -> None:
    """Make this text the whole content of the file. Readers see the old text or the new one, even after a power loss.

    Raises CheckpointError if the file cannot be written; it then holds the old text or the new one.
    """
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    content = text.encode()
    try:
        disk.write_file(temporary, content)
        disk.replace(temporary, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            disk.unlink(temporary)
        remedy = "Make room, or make the folder writable."
        raise write_error(path.name, path, len(content), remedy, error) from error


def is_file(path: Path) -> bool:
    """Whether the path is a file; False if the system does not let us find out."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one if the file is absent, too large, or not a JSON object."""
    try:
        if path.stat().st_size > MAX_JSON:
            return {}
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def finite_number(value: object) -> float | None:
    """A value of a JSON object if it is a finite number, as it is; otherwise None."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None  # type: ignore[return-value]
