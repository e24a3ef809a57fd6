"""A new folder of files that another program reads: it appears whole or not at all. Knows no model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from charlm.checkpoint.commit import commit_folder
from charlm.errors import UsageError

REMEDY = "Make room, or give a path in a folder that you can write to."


def require_new(target: Path) -> None:
    """Raises UsageError, before any work, if there is something of that name."""
    if os.path.lexists(target):
        raise UsageError("There is already something of that name", str(target), "Give another path with -o FOLDER.")


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write the folder with just these files. Raises UsageError if it exists, CheckpointError if it cannot be."""
    require_new(target)
    commit_folder(target, files, what="The folder", remedy=REMEDY)
