"""A folder of files that another program reads: it appears whole or not at all. Knows no model."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from charlm.errors import CheckpointError, UsageError


def require_new(target: Path) -> None:
    """Raises UsageError, before any work, if there is something of that name."""
    if os.path.lexists(target):
        raise UsageError("There is already something of that name", str(target), "Give another path with -o FOLDER.")


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write the folder with just these files. Raises UsageError if it exists, CheckpointError if it cannot be."""
    require_new(target)
    temporary = target.resolve().with_name(f".{target.name[:200]}-{os.getpid()}")
    try:
        temporary.mkdir()
        for name, content in files.items():
            with (temporary / name).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        temporary.rename(target)
    except OSError as error:
        raise CheckpointError(
            f"The folder cannot be written: {error.strerror or error}",
            str(target),
            "Make room, or give a path in a folder that exists and that you can write to.",
        ) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
