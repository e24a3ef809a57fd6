"""The copies of users' cell files that a run keeps as a record, and never runs by itself. Knows no cell."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path

NAME = re.compile(r".*-(?P<digest>[0-9a-f]{8})\.py")
LARGEST = 2**20  # bytes, as cells/own_files.py reads them


def cell_copies(folder: Path) -> list[Path]:
    """The copies in a run's folder: files whose name ends with the beginning of their own sha256."""
    found = []
    with suppress(OSError):
        for path in sorted(folder.glob("*.py")):
            match = NAME.fullmatch(path.name)
            if not match or path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
                continue
            if hashlib.sha256(path.read_bytes()).hexdigest().startswith(match["digest"]):
                found.append(path)
    return found
