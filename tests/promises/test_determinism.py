"""Interrupted and resumed is as uninterrupted, bit for bit, at every cut; looking at a training does not change it.

What is trained (each cell, optimizer, schedule, precision) varies in tests/training/test_resume.py, and how it is
interrupted in test_interruption.py; the laws of seeded samples are in tests/laws/test_sampling.py.
"""

from __future__ import annotations

import itertools
import random
import time

import numpy as np
import pytest
import small
import torch

from charlm.checkpoint.series import newest_whole
from charlm.training import trainees
from charlm.training.checkpointing import training_arrays
from charlm.training.events import Finished, Updated
from charlm.training.loop import train

STEPS = 20
KINDS = {
    "adamw, cosine, dropout": ({}, {"dropout": 0.3}),
    "rmsprop, step, average": (
        {"optimizer": "rmsprop", "schedule": "step", "decay_after": 0.1, "average": 0.9, "accumulate": 2},
        {"cell": "gru", "tied": True},
    ),
    "shampoo, linear": ({"optimizer": "shampoo", "schedule": "linear"}, {"cell": "mut1"}),
}


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS)
def uninterrupted(request, verse, tmp_path_factory):
    """Settings, and what a training without interruption comes to."""
    training, model = request.param
    training = {**training, "steps": STEPS}
    planned = small.plan(tmp_path_factory.mktemp("whole"), verse, training, model)
    events = list(train(planned))
    return training, model, small.without_times(events), small.contents(planned.run)


# a third of the cuts, the last one too; the slow tests have the others
CUTS = [cut if cut % 3 == STEPS % 3 else pytest.param(cut, marks=pytest.mark.slow) for cut in range(1, STEPS + 1)]


@pytest.mark.parametrize("cut", CUTS)
def test_every_cut(uninterrupted, verse, tmp_path, cut):
    training, model, events, numbers = uninterrupted
    planned = small.plan(tmp_path, verse, training, model)
    small.train_until(planned, cut)
    after = small.without_times(small.resume(planned))
    assert after == events[cut:]
    assert small.differences(small.contents(planned.run), numbers) == []


def test_a_training_cut_after_every_step(uninterrupted, verse, tmp_path):
    training, model, _, numbers = uninterrupted
    planned = small.plan(tmp_path, verse, training, model)
    small.train_until(planned, 1)
    for _ in range(STEPS - 1):
        checkpoint, _ = newest_whole(planned.run)
        list(train(planned, resume=checkpoint, stop=lambda: True))
    assert small.differences(small.contents(planned.run), numbers) == []


@pytest.mark.parametrize("forgotten", ["optimizer", "state", "random"])
def test_a_resume_that_forgets_something_is_caught(verse, tmp_path, monkeypatch, forgotten):
    """The harness, tried on what others forgot: char-rnn #137 the optimizer, torch-rnn #126 the state."""
    model = {"dropout": 0.3}
    whole = small.plan(tmp_path / "whole", verse, None, model)
    list(train(whole))
    planned = small.plan(tmp_path / "parts", verse, None, model)
    small.train_until(planned, 20)
    real = trainees.restore_trainer

    def forgetful(trainer, parameters, arrays, where):
        fresh = training_arrays(trainer)
        kept = {name: value for name, value in arrays.items() if not name.startswith(forgotten)}
        real(trainer, parameters, kept | {n: v for n, v in fresh.items() if n.startswith(forgotten)}, where)

    monkeypatch.setattr(trainees, "restore_trainer", forgetful)
    small.resume(planned)
    assert small.differences(small.contents(planned.run), small.contents(whole.run))


def test_an_exception_between_two_steps_costs_only_the_way_from_the_last_checkpoint(verse, tmp_path):
    whole = small.plan(tmp_path / "whole", verse)
    list(train(whole))
    planned = small.plan(tmp_path / "parts", verse)

    def failing():
        for event in train(planned):
            if isinstance(event, Updated) and event.step == 33:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    checkpoint, _ = newest_whole(planned.run)
    assert checkpoint.step == 30  # validated, and the best so far
    list(train(planned, resume=checkpoint))
    assert small.differences(small.contents(planned.run), small.contents(whole.run)) == []


def test_a_kill_between_a_checkpoint_and_its_pointers_costs_nothing(verse, tmp_path):
    """The best one was written when the process died, and nothing named it yet."""
    whole = small.plan(tmp_path / "whole", verse)
    list(train(whole))
    planned = small.plan(tmp_path / "parts", verse)
    small.train_until(planned, 30)
    assert planned.run.pointed("best").name == "step-30"
    for pointer in ("best", "last"):
        (planned.run.folder / pointer).write_text("step-20\n")
    checkpoint, _ = newest_whole(planned.run)
    resumed = train(planned, resume=checkpoint)
    next(resumed)
    assert planned.run.pointed("best") == planned.run.pointed("last") == checkpoint.folder
    list(resumed)
    assert small.differences(small.contents(planned.run), small.contents(whole.run)) == []


def test_the_same_command_and_seed_give_the_same_bits(verse, tmp_path):
    plans = [small.plan(tmp_path / name, verse, None, {"dropout": 0.3}) for name in ("one", "two")]
    one, other = (small.without_times(train(planned)) for planned in plans)
    assert one == other
    assert small.differences(*(small.contents(planned.run) for planned in plans)) == []
    another = small.plan(tmp_path / "three", verse, {"seed": 2}, {"dropout": 0.3})
    assert small.without_times(train(another)) != one


def test_validations_samples_and_checkpoints_leave_every_random_state_alone(verse, tmp_path):
    """char-rnn #17: how often it is evaluated changes what is learnt."""
    few = {"validations": 1}
    many = {"validations": 60, "sample_length": 20, "sample_every": 1e-6, "save_every": 1e-6}
    model, updates, arrays = {"dropout": 0.3}, [], []
    for number, training in enumerate((few, many)):
        planned = small.plan(tmp_path / str(number), verse, training, model)
        before = torch.random.get_rng_state(), repr(np.random.get_state()), random.getstate()
        updates.append([line for line in small.without_times(train(planned)) if len(line) == 4])
        assert torch.equal(torch.random.get_rng_state(), before[0])
        assert (repr(np.random.get_state()), random.getstate()) == before[1:]
        arrays.append(small.contents(planned.run))
    assert updates[0] == updates[1]
    assert set(small.differences(*arrays)) <= {"progress", "scores", "best"}  # how often was looked, and what was seen


def test_a_budget_counts_the_time_already_spent(verse, tmp_path, monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks) / 256)
    planned = small.plan(tmp_path, verse, {"steps": None, "budget": 1.2, "validations": 2})
    began = time.perf_counter()
    list(train(planned, stop=lambda: time.perf_counter() - began > 0.7))
    checkpoint, _ = newest_whole(planned.run)
    spent = checkpoint.training["seconds"]
    assert spent > 0.6
    monkeypatch.setattr(time, "perf_counter", lambda: 1000 + next(ticks) / 256)  # what passed between is not counted
    events = list(train(planned, resume=checkpoint))
    first = next(event for event in events if isinstance(event, Updated))
    assert first.seconds >= spent
    assert first.progress >= spent / 1.2
    assert isinstance(events[-1], Finished)
    assert events[-1].seconds < 1.2 + 0.1  # not a second budget on top of the first
