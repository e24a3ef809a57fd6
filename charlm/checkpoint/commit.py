"""Writes a folder atomically: it appears whole or not at all. Knows nothing of the contents of its files.

Writes a temporary folder, fsyncs every file and the folder, renames it, and fsyncs the parent. A reader sees the old
folder or the new one. When `commit_folder` has returned, the new one survives a power loss.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from charlm.runs.files import DISK, Disk, write_error
from charlm.runs.folder import ASIDE, TEMPORARY

REMEDY = "Older checkpoints are untouched. Make room, then run `charlm train --resume`."


def commit_folder(
    folder: Path, files: Mapping[str, bytes], disk: Disk = DISK, what: str = "The checkpoint", remedy: str = REMEDY
) -> None:
    """Write `folder` with just these files. It replaces an existing folder of that name.

    Raises CheckpointError, in which `what` names the folder, if it cannot be written; the folder is then the old one or
    the new one, whole. A process that is killed between the two renames of a replacement leaves the old folder, whole,
    under its temporary name; `Run.tidy` puts it back.
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
            # rename cannot replace a folder that is not empty, so the old one is moved aside first
            disk.replace(folder, aside)
        disk.replace(temporary, folder)
        disk.sync_folder(parent)
    except OSError as error:
        if not folder.exists():
            with suppress(OSError):  # FileNotFoundError if nothing was moved aside
                disk.replace(aside, folder)
        needed = sum(map(len, files.values()))
        raise write_error(what, folder, needed, remedy, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
