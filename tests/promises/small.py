"""Trainings so small that sixty of them take seconds, and comparisons of two of them."""

from __future__ import annotations

import itertools

from charlm.checkpoint import load_training_arrays
from charlm.checkpoint.series import newest_whole
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.runs import create_run
from charlm.text.corpus import open_corpus
from charlm.training.events import Finished, Updated
from charlm.training.language import LanguageTask
from charlm.training.loop import train
from charlm.training.plan import TrainingPlan, train_reader

TIMES = {"seconds", "validation_seconds"}


def plan(root, text, training=None, model=None, precision="fp32", **more) -> TrainingPlan:
    """A plan for a training on a text file, in a new run under `root`."""
    settings = Settings.model_validate({
        "text": {"sources": [str(text)], **more},
        "model": {"hidden_size": 4, "num_layers": 1, **(model or {})},
        "training": {
            "steps": 60, "batch_size": 2, "seq_len": 8, "validations": 6, "sample_length": 0, "save_every": "1h",
            **(training or {}),
        },
    })  # fmt: skip
    corpus = open_corpus(settings.text)
    reader = train_reader(settings, corpus)
    task = LanguageTask(settings, corpus, reader, Compute("cpu", precision, "a CPU", 1))
    return TrainingPlan(task, create_run(root, None, "small", {}))


def train_until(planned: TrainingPlan, steps: int) -> None:
    """Train, and stop after the given number of steps."""
    count = itertools.count(1)
    list(train(planned, stop=lambda: next(count) == steps))


def resume(planned: TrainingPlan) -> list:
    """Resume from disk, and give the events."""
    checkpoint, wrong = newest_whole(planned.run)
    assert not wrong
    return list(train(planned, resume=checkpoint))


def contents(run) -> dict:
    """Everything in the newest checkpoint that the settings and the seed determine, as bytes and plain numbers.

    That is weights, optimizer, random state, carried state, average, position, schedule and best score.
    """
    checkpoint, wrong = newest_whole(run)
    assert not wrong
    arrays = dict(checkpoint.parameters)
    for name, value in load_training_arrays(checkpoint.folder).items():
        arrays[f"training {name}"] = value
    assert {"training random", "training state.0.h"} <= set(arrays)
    bits = {name: (value.dtype.str, value.shape, value.tobytes()) for name, value in arrays.items()}
    progress = {name: value for name, value in checkpoint.training.items() if name not in TIMES}
    best = run.pointed("best").name
    return {**bits, "step": checkpoint.step, "progress": progress, "scores": checkpoint.scores, "best": best}


def differences(one: dict, other: dict) -> list[str]:
    """The names of the contents that differ."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def without_times(events) -> list:
    """What the events say, without clocks and folders."""
    happened = []
    for event in events:
        if isinstance(event, Updated):
            happened.append((event.step, event.nats, event.learning_rate, event.gradient_norm))
        if isinstance(event, Finished):
            happened.append((event.step, event.best_nats, event.train_nats))
    return happened
