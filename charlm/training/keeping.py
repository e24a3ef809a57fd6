"""What of a training goes into a checkpoint. Knows no files and no terminal."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from charlm.checkpoint import Scores, save
from charlm.checkpoint.contents import Text
from charlm.checkpoint.series import add
from charlm.training import snapshot
from charlm.training.plan import Plan
from charlm.training.progress import Progress
from charlm.training.trainee import Trainee


def keep(plan: Plan, trainee: Trainee, progress: Progress, best: bool) -> Path:
    """Add the checkpoint of this step to those of the plan's run. Raises what `save` and `add` raise."""
    write = partial(
        save,
        step=progress.step,
        settings=plan.settings,
        vocabulary=plan.corpus.vocabulary,
        text=Text(name=plan.corpus.name, sha256=plan.corpus.sha256, characters=plan.corpus.characters),
        scores=Scores(train_nats=progress.train_nats, valid_nats=progress.last_nats),
        parameters=trainee.parameters(),
        training=progress.to_json(),
        training_arrays=snapshot.capture(trainee),
        disk=plan.run.disk,
    )
    training = plan.settings.training
    return add(plan.run, progress.step, write, best=best, keep=training.keep, milestones=training.milestones)
