"""Finds the folder of a run or a checkpoint that the user names. Knows the names of files, not their contents."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from charlm.config.suggestions import suggestion
from charlm.errors import CheckpointError
from charlm.runs.files import is_file
from charlm.runs.folder import BEST, CHECKPOINT_FILES, FORMAT, LAST, LATEST, MARK, Run, is_checkpoint

MAX_LISTED = 12


def runs_root() -> Path:
    """The folder of all runs: $CHARLM_RUNS, or `checkpoints` in the working directory."""
    return Path(os.environ.get("CHARLM_RUNS") or "checkpoints")


def command_name(run: Run) -> str:
    """What a command takes for the run, quoted for a shell: its name, or its folder if it is not among the runs."""
    here = run.folder.parent.absolute() == runs_root().absolute()
    return shlex.quote(run.name if here else str(run.folder))


def list_runs(root: Path) -> list[Run]:
    """Every run in the folder, oldest first."""
    try:
        # a run that is being created has a name that begins with a dot
        runs = [Run(path) for path in root.iterdir() if path.name[0] != "." and is_file(path / MARK)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CheckpointError(
            f"The folder of the runs cannot be read: {error.strerror}", str(root), "Set CHARLM_RUNS to another folder."
        ) from error
    return sorted(runs, key=lambda run: (str(run.mark.get("created", "")), run.name))


def latest_run(root: Path) -> Run:
    """The run that trained last; if it is gone, the newest one with a checkpoint, or the newest one if none has one.

    Raises CheckpointError if there is no run.
    """
    try:
        name = (root / LATEST).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    runs = {run.name: run for run in list_runs(root)}
    if not runs:
        raise CheckpointError("There is no run yet", f"in {root}", "Train one: charlm train mybook.txt")
    newest_first = [*reversed(runs.values())]
    return runs.get(name) or next((run for run in newest_first if run.checkpoints), newest_first[0])


def open_run(root: Path, target: str | None = None) -> Run:
    """The run of that name or in that folder; None is the latest run.

    Raises CheckpointError if there is none, or if charlm did not make the folder.
    """
    if target is None or target == LATEST:
        return latest_run(root)
    path = _existing(root, target)
    if path.name in CHECKPOINT_FILES and is_checkpoint(path.parent):
        path = path.parent
    run = Run(path.parent if _is_pointer(path) or is_checkpoint(path) else path)
    mark = run.mark
    if not mark:
        raise CheckpointError(
            f"{run.folder} is not a run", f"it has no {MARK} that charlm wrote", _list_names(root, target)
        )
    if mark.get("format") != FORMAT:
        raise CheckpointError(
            f"The run {run.name} has a format that this charlm does not know: {mark.get('format')}",
            str(run.folder / MARK),
            "Use the version of charlm that made it, or a newer one.",
        )
    return run


def find_checkpoint(root: Path, target: str | None = None) -> Path:
    """The checkpoint in a checkpoint's folder, or of a run by its name or folder.

    None is the latest run; if that has no checkpoint yet, the newest run that has one. Of a run it is the best
    checkpoint, else the last, else the newest. `NAME/last`, `NAME/step-N` and a file of a checkpoint name others.
    Raises CheckpointError if there is none.
    """
    if target is not None and target != LATEST:
        path = _existing(root, target)
        if path.name in CHECKPOINT_FILES and is_checkpoint(path.parent):
            path = path.parent
        if is_checkpoint(path):
            return path
        if _is_pointer(path) and (named := Run(path.parent).pointed(path.name)):
            return named
    run = open_run(root, target)
    others = reversed(list_runs(root)) if target is None or target == LATEST else ()
    found = next((each for one in (run, *others) if (each := _checkpoint_of(one))), None)
    if found is None:
        raise CheckpointError(
            f"The run {run.name} has no checkpoint yet",
            str(run.folder),
            f"Resume it with `charlm train --resume {command_name(run)}`, or choose another run.",
        )
    return found


def _checkpoint_of(run: Run) -> Path | None:
    """The checkpoint of a run that commands use by default; None if it has none."""
    return run.pointed(BEST) or run.pointed(LAST) or next(reversed(run.checkpoints), None)


def _is_pointer(path: Path) -> bool:
    return path.name in (BEST, LAST) and is_file(path)


def _existing(root: Path, target: str) -> Path:
    """The run of that name if it exists, else that path. Raises CheckpointError if neither exists."""
    # No run's name begins with a dot.
    for path in (Path(target),) if target.startswith(".") else (root / target, Path(target)):
        try:
            if target and path.exists():
                # `.`, `..` and the parent of a bare `best` have no name until they are resolved
                return path.resolve() if path.name == ".." or len(path.parts) < 2 else path
        except OSError:  # too long for a file name
            continue
    raise CheckpointError(f"There is no run {target[:80]}", f"in {root}", _list_names(root, target))


def _list_names(root: Path, target: str) -> str:
    names = [run.name for run in list_runs(root)]
    if not names:
        return "There is no run yet. Train one: charlm train mybook.txt"
    hint = suggestion(target, names, near=0.5)
    more = f" and {len(names) - MAX_LISTED} older" if len(names) > MAX_LISTED else ""
    return f"{hint} Runs: {', '.join(reversed(names[-MAX_LISTED:]))}{more}.".strip()
