"""The training loop: its events, its checkpoints, how it ends, and what it does about non-finite updates."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from charlm.checkpoint import load_checkpoint
from charlm.errors import DivergedError
from charlm.evaluation.scorers import NumpyScorer, TorchScorer
from charlm.evaluation.text import score_ids
from charlm.model.language_model import LanguageModel
from charlm.training.events import Finished, RolledBack, Sampled, Saved, Skipped, Started, Updated, Validated
from charlm.training.loop import train


def of_type(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_the_events_of_a_whole_training(plan_for, tmp_path):
    plan = plan_for(tmp_path, {"sample_every": 1e-6})
    events = list(train(plan))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "length"
    assert [event.step for event in of_type(Updated, events)] == list(range(1, 13))
    assert [event.step for event in of_type(Validated, events)] == [4, 8, 12]
    assert of_type(Sampled, events)
    assert of_type(Updated, events)[-1].progress == 1
    assert [event.progress for event in of_type(Updated, events)] == sorted(
        e.progress for e in of_type(Updated, events)
    )


def test_checkpoints_at_milestones_are_kept(plan_for, tmp_path):
    plan = plan_for(tmp_path, {"milestones": 5, "keep": 1, "validations": 1})
    list(train(plan))
    assert [path.name for path in plan.run.checkpoints] == ["step-5", "step-10", "step-12"]


def test_best_points_to_the_checkpoint_of_the_best_validation(plan_for, tmp_path):
    plan = plan_for(tmp_path, {"learning_rate": 0.5, "schedule": "constant", "steps": 30, "validations": 10})
    events = list(train(plan))
    scores = of_type(Validated, events)
    best = min(scores, key=lambda event: event.nats)
    assert events[-1].best_nats == best.nats
    checkpoint = load_checkpoint(plan.run.pointed("best"))
    assert checkpoint.step == best.step
    assert checkpoint.scores.valid_nats == best.nats


def test_the_saved_checkpoint_has_the_validation_score(plan_for, tmp_path):
    plan = plan_for(tmp_path, {"average": 0.5})
    events = list(train(plan))
    checkpoint = load_checkpoint(plan.run.pointed("last"))
    score = score_ids(NumpyScorer(checkpoint.model), plan.task.corpus.split("valid"), None)
    assert score.nats_per_character == pytest.approx(of_type(Validated, events)[-1].nats, abs=1e-6)


def test_only_the_best_and_the_newest_are_kept(plan_for, tmp_path):
    plan = plan_for(tmp_path, {"save_every": 1e-6, "keep": 2})
    list(train(plan))
    kept = {path.name for path in plan.run.checkpoints}
    assert {"step-11", "step-12", plan.run.pointed("best").name} == kept


def test_patience_ends_a_training_that_does_not_improve(plan_for, tmp_path):
    plan = plan_for(tmp_path, {"learning_rate": 1e-9, "steps": 400, "validations": 100, "patience": 3, "seed": 3})
    events = list(train(plan))
    assert events[-1].reason in ("patience", "length")
    after_best = [event for event in of_type(Validated, events) if event.step > events[-1].best_step]
    assert len(after_best) == 3 or events[-1].reason == "length"
    hopeless = plan_for(tmp_path, {"learning_rate": 5.0, "schedule": "constant", "steps": 400, "validations": 100,
                                   "patience": 3})  # fmt: skip
    assert list(train(hopeless))[-1].reason == "patience"


def test_a_budget_counts_validation_and_ends_near_its_time(plan_for, tmp_path, monkeypatch):
    now, real = [0.0], TorchScorer.nats

    def tick():
        now[0] += 0.002
        return now[0]

    def slow(*given):
        now[0] += 0.01
        return real(*given)

    monkeypatch.setattr(time, "perf_counter", tick)
    monkeypatch.setattr(TorchScorer, "nats", slow)
    plan = plan_for(tmp_path, {"steps": None, "budget": 1.5, "validations": 5})
    events = list(train(plan))
    assert events[-1].seconds < 3  # twice the budget, for a busy machine
    assert of_type(Validated, events)[-1].step == events[-1].step
    assert of_type(Updated, events)[-1].learning_rate < 0.1 * plan.task.settings.training.learning_rate


def test_a_last_validation_that_is_quicker_than_the_one_before_is_the_end(plan_for, tmp_path, monkeypatch):
    """It frees some time of the budget, in which updates would follow that nothing validates."""
    now, real, calls = [0.0], TorchScorer.nats, [0]

    def tick():
        now[0] += 0.002
        return now[0]

    def slow(*given):
        calls[0] += 1
        now[0] += 0.5 if calls[0] == 1 else 0.01
        return real(*given)

    monkeypatch.setattr(time, "perf_counter", tick)
    monkeypatch.setattr(TorchScorer, "nats", slow)
    events = list(train(plan_for(tmp_path, {"steps": None, "budget": 4.0, "validations": 2})))
    assert of_type(Validated, events)[-1].step == events[-1].step


@pytest.mark.parametrize("slowdown", [1, 10])
def test_updates_get_most_of_a_budget_when_validations_are_slow(plan_for, tmp_path, monkeypatch, slowdown):
    """A machine that becomes ten times as slow: the rate still falls to zero, and validations take a third at most."""
    now, real, scored = [0.0], TorchScorer.nats, [0.0]
    pace = [1]

    def tick():
        now[0] += 0.005 * pace[0]
        return now[0]

    def slow(*given):
        now[0] += 0.1 * pace[0]
        scored[0] += 0.1 * pace[0]
        return real(*given)

    monkeypatch.setattr(time, "perf_counter", tick)
    monkeypatch.setattr(TorchScorer, "nats", slow)
    plan = plan_for(tmp_path, {"steps": None, "budget": 20.0, "validations": 50})
    events = []
    for event in train(plan):
        events.append(event)
        if now[0] > 5:
            pace[0] = slowdown
    assert scored[0] < events[-1].seconds / 2
    assert events[-1].seconds < 30
    assert of_type(Validated, events)[-1].step == events[-1].step
    assert of_type(Updated, events)[-1].learning_rate < 0.2 * plan.task.settings.training.learning_rate


def test_epochs_are_passes_over_the_train_split(plan_for, tmp_path):
    plan = plan_for(tmp_path, {"steps": None, "epochs": 2})
    events = list(train(plan))
    assert events[-1].characters == pytest.approx(2 * plan.task.reader.characters_per_epoch, abs=64)


def test_without_a_valid_split_there_is_no_validation(plan_for, tmp_path):
    plan = plan_for(tmp_path, text={"splits": [1, 0, 0]})
    events = list(train(plan))
    assert not of_type(Validated, events)
    assert events[-1].best_nats is None
    assert load_checkpoint(plan.run.pointed("last")).step == 12


class Faults:
    """Makes the forward pass of training give NaN at the chosen calls, which are counted from 1."""

    def __init__(self, monkeypatch, calls):
        real, count = LanguageModel.forward, iter(range(1, 10**6))

        def forward(model, *given):
            logits, state = real(model, *given)
            if len(given) < 4:  # called without dropout: for a sample or a score
                return logits, state
            return (logits * math.nan if next(count) in calls else logits), state

        monkeypatch.setattr(LanguageModel, "forward", forward)


def test_a_non_finite_loss_never_reaches_the_weights(plan_for, tmp_path, monkeypatch):
    Faults(monkeypatch, {3, 7})
    plan = plan_for(tmp_path)
    events = list(train(plan))
    assert [event.step for event in of_type(Skipped, events)] == [3, 7]
    assert events[-1].reason == "length"
    assert all(np.isfinite(value).all() for value in load_checkpoint(plan.run.pointed("last")).parameters.values())


def test_three_skipped_updates_in_a_row_roll_back_with_half_the_rate(plan_for, tmp_path, monkeypatch):
    Faults(monkeypatch, {6, 7, 8})
    plan = plan_for(tmp_path, {"schedule": "constant", "warmup": 0})
    events = list(train(plan))
    (back,) = of_type(RolledBack, events)
    assert (back.to_step, back.rate_factor) == (4, 0.5)
    assert of_type(Updated, events)[-1].learning_rate == pytest.approx(plan.task.settings.training.learning_rate / 2)
    assert events[-1].reason == "length"


def test_a_training_that_keeps_diverging_ends_with_advice(plan_for, tmp_path, monkeypatch):
    Faults(monkeypatch, set(range(6, 1000)))
    plan = plan_for(tmp_path)
    with pytest.raises(DivergedError, match="diverged") as caught:
        list(train(plan))
    assert "learning_rate" in caught.value.remedy
    assert load_checkpoint(plan.run.pointed("last")).step == 4


def test_every_saved_event_names_a_checkpoint_that_loads(plan_for, tmp_path):
    plan = plan_for(tmp_path, {"save_every": 1e-6})
    for event in train(plan):
        if isinstance(event, Saved):
            assert load_checkpoint(event.path).step == event.step


def test_training_continues_after_a_skipped_step_in_fp16(plan_for, tmp_path, monkeypatch):
    """The loss scaler must be updated after every step, or the step after a skipped one raises."""
    Faults(monkeypatch, {3, 4})
    events = list(train(plan_for(tmp_path, model={"cell": "rnn"}, precision="fp16")))
    assert [event.step for event in of_type(Skipped, events)] == [3, 4]
    assert events[-1].reason == "length"


def test_the_notes_on_the_device_are_among_those_with_which_a_training_starts(plan_for, tmp_path):
    plan = plan_for(tmp_path)
    compute = replace(plan.task.compute, notes=("this processor is slow",))
    noted = replace(plan, task=replace(plan.task, compute=compute))
    assert "this processor is slow" in next(train(noted)).notes
