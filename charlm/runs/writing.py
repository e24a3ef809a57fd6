"""Small files that are whole or absent, whatever happens while they are written. Knows nothing of what is in them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from charlm.runs.disk import DISK, Disk, refused

MAX_JSON = 32 * 2**20  # bytes; a checkpoint's description with every code point in its vocabulary is a third of it


def replace_text(path: Path, text: str, disk: Disk = DISK) -> None:
    """Make the file hold just this text. A reader sees the old text or the new; the new survives a loss of power.

    Raises CheckpointError where the disk refuses; the old text is then still there, or the new one.
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
        raise refused(path.name, path, len(content), remedy, error) from error


def is_file(path: Path) -> bool:
    """Whether it is a file as far as we are let see."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one where there is none that can be read."""
    try:
        if path.stat().st_size > MAX_JSON:
            return {}
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
