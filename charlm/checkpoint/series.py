"""The checkpoints of a run, one after the other: adding one, and finding the newest that is whole.

Knows what is in a checkpoint only as `load` does. Whoever calls these holds the run's lock.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from charlm.checkpoint.contents import Checkpoint
from charlm.checkpoint.reading import load_checkpoint, load_training_arrays
from charlm.errors import CheckpointError, IntegrityError
from charlm.runs import Run
from charlm.runs.folder import BEST, LAST


def add_checkpoint(
    run: Run, step: int, write: Callable[[Path], None], *, best: bool, keep: int, milestones: int | None = None
) -> Path:
    """Let `write` make the checkpoint of that step, point `last` (and `best`) to it, and delete what is not kept.

    When this returns, it is on disk, whole. Raises CheckpointError where the disk refuses; older ones stay as they are.
    """
    folder = run.record(step)
    run.tidy()
    write(folder)
    run.point(LAST, folder)
    if best:
        run.point(BEST, folder)
    run.prune(keep, milestones)
    return folder


def newest_whole(run: Run) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """The newest checkpoint that is whole, down to what its training needs, and what was wrong with newer ones."""
    run.tidy()
    wrong: list[str] = []
    for folder in reversed(run.checkpoints):
        try:
            checkpoint = load_checkpoint(folder)
            load_training_arrays(folder)
            return checkpoint, tuple(wrong)
        except (CheckpointError, IntegrityError) as error:
            wrong.append(f"{folder.name} was passed over: {error.what}")
    return None, tuple(wrong)


def repair_pointers(run: Run, checkpoint: Checkpoint, best_step: int | None) -> None:
    """Mend the pointers: `last` names this checkpoint, `best` the one of the best score that is still whole.

    A process may have been killed after it wrote a checkpoint and before it pointed to it, and the one that `best`
    names may have been damaged since.
    """
    run.point(LAST, checkpoint.folder)
    candidates = (None if best_step is None else run.folder / f"step-{best_step}", run.pointed(BEST))
    whole = [found for path in candidates if path and (found := _loaded(path))]
    if whole or best_step is not None:
        run.point(BEST, min(whole, key=_score, default=checkpoint).folder)


def _loaded(folder: Path) -> Checkpoint | None:
    try:
        return load_checkpoint(folder)
    except (CheckpointError, IntegrityError):
        return None


def _score(checkpoint: Checkpoint) -> float:
    nats = checkpoint.scores.valid_nats
    return math.inf if nats is None else nats
