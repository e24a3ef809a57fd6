"""The checkpoints of a run: adding one, finding the newest that is whole, and repairing the pointers to them.

Callers hold the run's lock. Knows no training.
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
    """Write the checkpoint of that step with `write`, point `last` (and `best`) to it, and delete those not to keep.

    When this returns, the checkpoint is on the disk, whole. Raises CheckpointError if it cannot be written; the older
    ones are then unchanged.
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
    """The newest checkpoint that is whole, training arrays included, and what was wrong with newer ones."""
    run.tidy()
    wrong: list[str] = []
    for folder in reversed(run.checkpoints):
        try:
            checkpoint = load_checkpoint(folder)
            load_training_arrays(folder)
            return checkpoint, tuple(wrong)
        except (CheckpointError, IntegrityError) as error:
            wrong.append(f"{folder.name} was skipped: {error.what}")
    return None, tuple(wrong)


def repair_pointers(run: Run, checkpoint: Checkpoint, best_step: int | None) -> None:
    """Point `last` to the checkpoint that training resumes from, and `best` to the best one that is whole.

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
