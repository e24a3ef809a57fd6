"""Copies a run for use elsewhere: the best checkpoint, the settings, and what marks the folder as a run.

Copies bytes; whoever calls checks the copy before it appears under its name. Knows no model and no settings.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from charlm.errors import CheckpointError, UsageError
from charlm.runs.cell_copies import cell_copies
from charlm.runs.files import replace_text
from charlm.runs.folder import BEST, DESCRIPTION, LAST, MODEL, TRAINING, Run

ARCHIVES = (".tar.gz", ".tgz", ".zip")
Check = Callable[[Path], object]


def export_run(run: Run, checkpoint: Path, target: Path, with_training: bool, check: Check) -> list[str]:
    """Write the run with this checkpoint to `target`, a folder or, by its ending, an archive of one.

    `check` is called with the copy of the checkpoint, and raises an error if it is not whole. Returns the names of the
    files. Raises UsageError if `target` exists, CheckpointError if something cannot be copied or written.
    """
    if os.path.lexists(target):
        raise UsageError("There is already something of that name", str(target), "Give a path that does not exist yet.")
    ending = next((each for each in ARCHIVES if target.name.lower().endswith(each)), "")
    name = target.name[: len(target.name) - len(ending)] or run.name
    temporary = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        temporary.mkdir()
        files = _copy(run, checkpoint, temporary / name, with_training)
        check(temporary / name / checkpoint.name)
        written = temporary / name
        if ending:
            written = temporary / f"archive{ending}"
            _pack(temporary / name, files, written)
        written.rename(target)
    except OSError as error:
        raise CheckpointError(
            f"The run {run.name} cannot be exported: {error.strerror}",
            str(error.filename or target),
            "Give a path in a folder that exists and that you can write to.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return files


def _copy(run: Run, checkpoint: Path, folder: Path, with_training: bool) -> list[str]:
    (folder / checkpoint.name).mkdir(parents=True)
    exported = Run(folder)
    with suppress(FileNotFoundError):  # a checkpoint has all settings itself
        shutil.copyfile(run.config, exported.config)
    for copied in cell_copies(run.folder):
        shutil.copyfile(copied, folder / copied.name)
    parts = [DESCRIPTION, MODEL, *([TRAINING] if with_training else [])]
    for part in parts:
        shutil.copyfile(checkpoint / part, folder / checkpoint.name / part)
    if with_training:
        with suppress(FileNotFoundError):
            shutil.copyfile(run.metrics, exported.metrics)
    exported.write_mark({**run.mark, "checkpoints": [checkpoint.name]})
    for pointer in (BEST, LAST):
        replace_text(folder / pointer, f"{checkpoint.name}\n")
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _pack(folder: Path, files: list[str], archive: Path) -> None:
    """The folder as an archive whose one entry at the top is the folder."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in files:
                packed.write(folder / name, f"{folder.name}/{name}")
    else:
        with tarfile.open(archive, "w:gz") as tarred:
            for name in files:
                tarred.add(folder / name, f"{folder.name}/{name}")
