"""The one place that makes a folder appear whole or not at all. Knows nothing of what is in the files.

Write into a temporary folder, fsync every file and the folder, rename, fsync the parent. A reader sees the old state or
the new one; after `commit` returns the new one survives a loss of power.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from charlm.runs.files import DISK, Disk, write_error
from charlm.runs.folder import ASIDE, TEMPORARY

REMEDY = "Older checkpoints are untouched. Make room, then go on with `charlm train --resume`."


def commit_folder(folder: Path, files: Mapping[str, bytes], disk: Disk = DISK) -> None:
    """Make `folder`, holding just these files. An existing folder of that name is replaced.

    Raises CheckpointError where the disk refuses; then either what was there before is still there, or what is new is.
    A process that is killed between the two renames of a replacement leaves the old folder beside its place, whole;
    `Run.tidy` puts it back.
    """
    parent = folder.parent
    temporary = parent / f"{TEMPORARY}{folder.name}-{os.getpid()}"
    aside = parent / f"{temporary.name}{ASIDE}"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        parent.mkdir(parents=True, exist_ok=True)
        disk.mkdir(temporary)
        for name, content in files.items():
            disk.write_file(temporary / name, content)
        disk.sync_folder(temporary)
        if folder.exists():
            # rename cannot replace a folder that is not empty; the old one steps aside until the new one stands
            disk.replace(folder, aside)
        disk.replace(temporary, folder)
        disk.sync_folder(parent)
    except OSError as error:
        if not folder.exists():
            with suppress(OSError):  # FileNotFoundError where nothing had stepped aside
                disk.replace(aside, folder)
        needed = sum(map(len, files.values()))
        raise write_error("The checkpoint", folder, needed, REMEDY, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
