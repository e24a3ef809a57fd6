"""Removes and renames runs in the folder of the runs. Deletes only what charlm wrote. Knows no model and no settings.

A caller holds the lock of the run.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from charlm.errors import CheckpointError, UsageError
from charlm.runs.cell_copies import cell_copies
from charlm.runs.creating import require_name
from charlm.runs.files import replace_text
from charlm.runs.finding import open_run
from charlm.runs.folder import BEST, LAST, LATEST, MARK, PUSHED, PUSHING, Run
from charlm.runs.lock import LOCK, WRITER

PICTURES = ("loss.png", "gradients.png", "gates.png", "context.png")
# run.json is the last of the files that say what the folder is: a removal that was interrupted can be repeated.
FILES = (BEST, LAST, "metrics.jsonl", *PICTURES, PUSHED, PUSHING, "config.yaml", WRITER, MARK, LOCK)


def own_run(root: Path, name: str) -> Run:
    """The run of that name or in that folder, which must lie directly in the folder of the runs.

    Raises CheckpointError if there is none, UsageError for a checkpoint, a link, or a run in another folder.
    """
    run = open_run(root, name)
    named = [path for path in (root / name, Path(name)) if name != LATEST and path.exists()]
    if named and named[0].resolve() != run.folder.resolve():
        raise UsageError(f"{name[:80]} is a part of the run {run.name}", str(run.folder), f"Name the run: {run.name}")
    if run.folder.is_symlink() or run.folder.resolve().parent != root.resolve():
        raise UsageError(
            f"{name[:80]} is not in the folder of the runs",
            str(root),
            "Only runs there are removed or renamed. CHARLM_RUNS names another folder of runs.",
        )
    return run


def remove_run(run: Run) -> list[str]:
    """Delete the checkpoints and files that charlm wrote, then the folder. Returns the names of what is left in it.

    Raises CheckpointError if a file cannot be deleted.
    """
    try:
        run.delete_checkpoints()
        for name in (*(path.name for path in cell_copies(run.folder)), *FILES):
            with suppress(FileNotFoundError):
                run.disk.unlink(run.folder / name)
        left = sorted(path.name for path in run.folder.iterdir())
        if not left:
            run.disk.rmdir(run.folder)
    except OSError as error:
        raise CheckpointError(
            f"The run {run.name} cannot be removed: {error.strerror}",
            str(error.filename or run.folder),
            "Make its folder writable, then repeat the command.",
        ) from error
    return left


def rename_run(run: Run, name: str) -> Run:
    """Give the run another name. Raises UsageError for a name that no run can have, CheckpointError if it is taken."""
    require_name(name, "NEW")
    root = run.folder.parent
    if os.path.lexists(root / name):
        raise CheckpointError(f"There is already a {name}", str(root / name), "Give another name.")
    try:
        run.folder.rename(root / name)
    except OSError as error:
        raise CheckpointError(
            f"The run {run.name} cannot be renamed: {error.strerror}", str(run.folder), "Make its folder writable."
        ) from error
    with suppress(OSError, UnicodeDecodeError):
        (root / name / WRITER).unlink(missing_ok=True)  # the lock deletes it under the old name only
        if (root / LATEST).read_text(encoding="utf-8").strip() == run.name:
            replace_text(root / LATEST, f"{name}\n")
    return Run(root / name)
