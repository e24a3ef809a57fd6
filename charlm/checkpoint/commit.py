"""The one place that makes a folder appear whole or not at all. Knows nothing of what is in the files.

Write into a temporary folder, fsync every file and the folder, rename, fsync the parent. A reader sees the old state or
the new one; after `commit` returns the new one survives a loss of power.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from charlm.errors import CheckpointError
from charlm.runs.writing import sync_folder

TEMPORARY = ".writing-"


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def commit(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `folder`, holding just these files. An existing folder of that name is replaced.

    Raises CheckpointError where the disk refuses; what was there before is then still there.
    """
    parent = folder.parent
    temporary = parent / f"{TEMPORARY}{folder.name}-{os.getpid()}"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for name, content in files.items():
            _write(temporary / name, content)
        sync_folder(temporary)
        if folder.exists():
            # rename cannot replace a folder that is not empty; the old one steps aside until the new one stands
            aside = parent / f"{TEMPORARY}{folder.name}-{os.getpid()}-old"
            folder.rename(aside)
            temporary.rename(folder)
            shutil.rmtree(aside, ignore_errors=True)
        else:
            temporary.rename(folder)
        sync_folder(parent)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        needed = sum(map(len, files.values()))
        reason = "The disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else error.strerror
        raise CheckpointError(
            f"The checkpoint could not be written: {reason} ({needed:,} bytes were needed)",
            str(folder),
            "Older checkpoints are untouched. Make room, then go on with `charlm train --resume`.",
        ) from error
