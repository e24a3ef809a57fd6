"""Which checkpoints of a training are kept, and which one it goes back to. Knows no terminal."""

from __future__ import annotations

from pathlib import Path

from charlm.checkpoint import Checkpoint, Scores, load, load_arrays, save
from charlm.checkpoint.contents import Text
from charlm.errors import CheckpointError, IntegrityError
from charlm.runs import Run
from charlm.training import snapshot
from charlm.training.plan import Plan
from charlm.training.progress import Progress
from charlm.training.trainee import Trainee


def keep(plan: Plan, trainee: Trainee, progress: Progress, best: bool) -> Path:
    """Write the checkpoint of this step, point `last` (and `best`) to it, and delete what is no longer kept."""
    folder = plan.run.record(progress.step)
    save(
        folder,
        step=progress.step,
        settings=plan.settings,
        vocabulary=plan.corpus.vocabulary,
        text=Text(name=plan.corpus.name, sha256=plan.corpus.sha256, characters=plan.corpus.characters),
        scores=Scores(train_nats=progress.train_nats, valid_nats=progress.last_nats),
        parameters=trainee.parameters(),
        training=progress.to_json(),
        training_arrays=snapshot.capture(trainee),
    )
    plan.run.point("last", folder)
    if best:
        plan.run.point("best", folder)
    plan.run.prune(plan.settings.training.keep)
    return folder


def newest_good(run: Run) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """The newest checkpoint that is whole, down to what its training needs, and what was wrong with newer ones."""
    wrong: list[str] = []
    for folder in reversed(run.checkpoints):
        try:
            checkpoint = load(folder)
            load_arrays(folder)
            return checkpoint, tuple(wrong)
        except (CheckpointError, IntegrityError) as error:
            wrong.append(f"{folder.name} was passed over: {error.what}")
    return None, tuple(wrong)
