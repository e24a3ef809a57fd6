"""From what a person calls a run or a checkpoint to its folder. Knows what folders look like, not what is in them."""

from __future__ import annotations

import os
from pathlib import Path

from charlm.config.suggestions import suggestion
from charlm.errors import CheckpointError
from charlm.runs.files import is_file
from charlm.runs.folder import BEST, FORMAT, LAST, LATEST, MARK, Run, is_checkpoint

MAX_LISTED = 12


def runs_root() -> Path:
    """The folder of the runs: $CHARLM_RUNS, or `checkpoints` here."""
    return Path(os.environ.get("CHARLM_RUNS") or "checkpoints")


def list_runs(root: Path) -> list[Run]:
    """Every run in the folder, the oldest first."""
    try:
        runs = [Run(path) for path in root.iterdir() if is_file(path / MARK)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CheckpointError(
            f"The folder of the runs cannot be read: {error.strerror}", str(root), "Set CHARLM_RUNS to another."
        ) from error
    return sorted(runs, key=lambda run: (str(run.mark.get("created", "")), run.name))


def latest_run(root: Path) -> Run:
    """The run that trained last; where that is gone, the newest. Raises CheckpointError where there is none."""
    try:
        name = (root / LATEST).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    runs = {run.name: run for run in list_runs(root)}
    if not runs:
        raise CheckpointError("There is no run yet", f"in {root}", "Train one: charlm train mybook.txt")
    return runs.get(name) or list(runs.values())[-1]


def open_run(root: Path, target: str | None = None) -> Run:
    """The run of that name, or in that folder; the latest without a target.

    Raises CheckpointError where there is none, or charlm did not make it.
    """
    if target is None or target == LATEST:
        return latest_run(root)
    path = _existing(root, target)
    run = Run(path.parent if _is_pointer(path) or is_checkpoint(path) else path)
    mark = run.mark
    if not mark:
        raise CheckpointError(f"{run.folder} is not a run", f"it has no {MARK} of charlm's", _known(root, target))
    form = mark.get("format")
    if form != FORMAT:
        raise CheckpointError(
            f"The run {run.name} is of a form that this charlm does not know: {form}",
            str(run.folder / MARK),
            "Use the version of charlm that made it, or a newer one.",
        )
    return run


def find_checkpoint(root: Path, target: str | None = None) -> Path:
    """The checkpoint that is meant by a run's name, a run's folder, a checkpoint's folder, or nothing: the latest run.

    Of a run the best one, else the last, else the newest; `NAME/last` and `NAME/step-N` choose. Raises CheckpointError.
    """
    if target is not None and target != LATEST:
        path = _existing(root, target)
        if is_checkpoint(path):
            return path
        if _is_pointer(path) and (named := Run(path.parent).pointed(path.name)):
            return named
    run = open_run(root, target)
    found = run.pointed(BEST) or run.pointed(LAST) or next(reversed(run.checkpoints), None)
    if found is None:
        raise CheckpointError(
            f"The run {run.name} has no checkpoint yet",
            str(run.folder),
            f"Train it further with `charlm train --resume {run.name}`, or choose another run.",
        )
    return found


def _is_pointer(path: Path) -> bool:
    return path.name in (BEST, LAST) and is_file(path)


def _existing(root: Path, target: str) -> Path:
    """The first that is there of: that name among the runs, that path."""
    for path in (Path(target),) if target.startswith(".") else (root / target, Path(target)):  # no name has a dot there
        try:
            if target and path.exists():
                # `.` and `..` have no names, and neither has the folder of a mere `best`, until they are resolved
                return path.resolve() if path.name == ".." or len(path.parts) < 2 else path
        except OSError:  # a name too long to be one
            continue
    raise CheckpointError(f"There is no run {target[:80]}", f"in {root}", _known(root, target))


def _known(root: Path, target: str) -> str:
    names = [run.name for run in list_runs(root)]
    if not names:
        return "There is none yet. Train one: charlm train mybook.txt"
    hint = suggestion(target, names, near=0.5)
    more = f" and {len(names) - MAX_LISTED} older" if len(names) > MAX_LISTED else ""
    return f"{hint} Runs: {', '.join(reversed(names[-MAX_LISTED:]))}{more}.".strip()
