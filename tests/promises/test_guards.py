"""Non-finite values never reach the weights or the disk, and a training that diverges ends with advice."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import small
import torch

from charlm.checkpoint import load_checkpoint, load_training_arrays
from charlm.checkpoint.series import newest_whole
from charlm.errors import DivergedError
from charlm.runs import create_run, read_metrics
from charlm.training import learner, trainer
from charlm.training.events import Finished, RolledBack, Skipped, Updated
from charlm.training.journal import write_metrics
from charlm.training.loop import ROLL_BACKS, SKIPS_IN_A_ROW, train
from charlm.training.progress import Progress

FAULTS = ("loss nan", "loss inf", "gradient nan", "gradient inf")


class Faults:
    """Makes the loss or a gradient of chosen updates nan or infinite, and watches the weights.

    `kinds` gives the kind of fault for the number of an update, empty for none. `moved` lists the faulty updates that
    changed the weights, and `wild` counts the updates after which a weight or the state was not finite.
    """

    def __init__(self, monkeypatch, kinds):
        self.kinds, self.updates, self.wild, self.moved = kinds, 0, 0, []
        cross_entropy, norm = torch.nn.functional.cross_entropy, learner.gradient_norm
        update = trainer.Trainer.update

        def wild(kind):
            return math.nan if kind.endswith("nan") else math.inf

        def faulty_loss(logits, *given, **named):
            loss = cross_entropy(logits, *given, **named)
            kind = self.kinds(self.updates) if logits.requires_grad else ""
            return loss * wild(kind) if kind.startswith("loss") else loss

        def faulty_gradient(weights):
            kind = self.kinds(self.updates)
            if kind.startswith("gradient"):
                some = list(weights.values())[self.updates % len(weights)]
                some.grad.view(-1)[self.updates % some.numel()] = wild(kind)
            return norm(weights)

        def watched(trained, *given):
            self.updates += 1
            before = {name: weight.detach().clone() for name, weight in trained.weights.items()}
            result = update(trained, *given)
            if self.kinds(self.updates) and not all(torch.equal(trained.weights[n], w) for n, w in before.items()):
                self.moved.append(self.updates)
            every = [*trained.weights.values(), *(part for layer in trained.state for part in layer)]
            self.wild += not all(bool(part.isfinite().all()) for part in every)
            return result

        monkeypatch.setattr(torch.nn.functional, "cross_entropy", faulty_loss)
        monkeypatch.setattr(learner, "gradient_norm", faulty_gradient)
        monkeypatch.setattr(trainer.Trainer, "update", watched)


def scattered(number, among, seed=1):
    """A function that gives a kind of fault for `number` random updates, no two in a row, and none for the others."""
    chosen = {
        update * 2 + 1: FAULTS[i % 4] for i, update in enumerate(random.Random(seed).sample(range(among // 2), number))
    }
    return lambda update: chosen.get(update, "")


def of_type(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_a_hundred_faults_never_reach_the_weights(verse, tmp_path, monkeypatch):
    faults = Faults(monkeypatch, scattered(100, 400))
    planned = small.plan(tmp_path, verse, {"steps": 400, "average": 0.9})
    events = list(train(planned))
    assert len(of_type(Skipped, events)) == 100
    assert len(of_type(Updated, events)) == 300
    assert not of_type(RolledBack, events)
    assert faults.moved == []
    assert faults.wild == 0
    assert events[-1].reason == "length"
    first, last = of_type(Updated, events)[0].nats, of_type(Finished, events)[0].train_nats
    assert last < first  # it learned all the same


def test_the_harness_catches_a_naive_loop(verse, tmp_path, monkeypatch):
    """A loop without checks: the first fault stays in the weights."""
    faults = Faults(monkeypatch, scattered(10, 20))
    monkeypatch.setattr(learner, "math", SimpleNamespace(isfinite=lambda number: True))
    for event in train(small.plan(tmp_path, verse)):
        if isinstance(event, Updated) and event.step == 9:
            break
    assert faults.moved
    assert faults.wild


@pytest.mark.parametrize("kind", FAULTS)
def test_three_skipped_updates_in_a_row_roll_back_with_half_the_rate(verse, tmp_path, monkeypatch, kind):
    Faults(monkeypatch, lambda update: kind if 25 <= update < 25 + SKIPS_IN_A_ROW else "")
    planned = small.plan(tmp_path, verse, {"schedule": "constant", "warmup": 0.0})
    events = list(train(planned))
    (back,) = of_type(RolledBack, events)
    assert (back.step, back.to_step, back.rate_factor) == (27, 20, 0.5)
    before, after = (
        {event.learning_rate for event in of_type(Updated, part)}
        for part in (events[: events.index(back)], events[events.index(back) :])
    )
    rate = planned.task.settings.training.learning_rate
    assert (before, after) == ({rate}, {rate / 2})
    assert events[-1].step == 60


def test_a_roll_back_skips_a_damaged_checkpoint(verse, tmp_path, monkeypatch):
    Faults(monkeypatch, lambda update: "loss nan" if 25 <= update < 28 else "")
    planned = small.plan(tmp_path, verse)
    events = []
    for event in train(planned):
        events.append(event)
        if isinstance(event, Updated) and event.step == 24:
            (planned.run.folder / "step-20/training.safetensors").write_bytes(b"")
    assert of_type(RolledBack, events)[0].to_step == 10


def test_a_roll_back_before_the_first_checkpoint_starts_again(verse, tmp_path, monkeypatch):
    Faults(monkeypatch, lambda update: "gradient inf" if 4 <= update < 7 else "")
    events = list(train(small.plan(tmp_path, verse)))
    assert of_type(RolledBack, events)[0].to_step == 0
    assert events[-1].step == 60


def test_after_two_roll_backs_training_ends_with_exit_5_and_advice(verse, tmp_path, monkeypatch):
    Faults(monkeypatch, lambda update: "gradient nan" if update > 25 else "")
    planned = small.plan(tmp_path, verse)
    events = []
    with pytest.raises(DivergedError) as caught:
        events.extend(write_metrics(train(planned), planned.run))
    rows = list(read_metrics(planned.run.metrics))
    assert [row["rate_factor"] for row in rows if row["event"] == "rolledback"] == [0.5, 0.25][:ROLL_BACKS]
    assert sum(row["event"] == "skipped" for row in rows) == (ROLL_BACKS + 1) * SKIPS_IN_A_ROW
    assert caught.value.exit_code == 5
    assert "gradient norm nan at step 23, and again after 2 roll-backs" in caught.value.what
    assert "training.learning_rate=0.001" in caught.value.remedy
    assert newest_whole(planned.run)[0].step == 20


@pytest.mark.parametrize("rate", [0.01, 10.0])
def test_nothing_non_finite_is_ever_saved(verse, tmp_path, rate):
    """With a learning rate of 10 and no clipping, training may diverge, but every checkpoint on disk is usable."""
    wild = {"learning_rate": rate, "clip_norm": None, "weight_decay": rate, "save_every": 1e-6, "keep": 100}
    planned = small.plan(tmp_path, verse, {"schedule": "constant", "warmup": 0.0, **wild})
    try:
        list(train(planned))
    except DivergedError as error:
        assert rate == 10.0, error  # noqa: PT017
    assert planned.run.checkpoints
    for folder in planned.run.checkpoints:
        every = (*load_checkpoint(folder).parameters.values(), *load_training_arrays(folder).values())
        assert all(np.isfinite(value).all() for value in every)


def test_a_non_finite_score_is_never_the_best():
    progress = Progress(step=1).after_validation(math.nan, 1.0)
    assert (progress.best_step, progress.last_nats, progress.without_better) == (None, None, 1)
    better = replace(progress, step=2).after_validation(3.0, 1.0)
    assert (better.best_step, better.best_nats) == (2, 3.0)
    assert replace(better, step=3).after_validation(math.inf, 1.0).best_nats == 3.0


def test_a_spike_of_the_loss_is_logged_with_the_usual_loss(tmp_path):
    def updated(step, nats):
        return Updated(step, 0.0, 0.0, nats, 1e-3, 1.0, 1, 1.0, 1.0, nats)

    run = create_run(tmp_path, "spiky", "x", {})
    losses = [4.5, 4.0, *([2.0] * 1500), 6.0, 2.1, 2.0]
    list(write_metrics((updated(step, nats) for step, nats in enumerate(losses, 1)), run))
    (spike,) = [row for row in read_metrics(run.metrics) if row["event"] == "spiked"]
    assert (spike["step"], spike["nats"]) == (1503, 6.0)
    assert spike["usual_nats"] == pytest.approx(2.0, abs=0.01)
    assert json.dumps(spike)


def test_a_steady_training_logs_no_spikes(verse, tmp_path):
    planned = small.plan(tmp_path, verse)
    list(write_metrics(train(planned), planned.run))
    assert not [row for row in read_metrics(planned.run.metrics) if row["event"] == "spiked"]
