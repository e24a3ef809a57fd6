"""The status of a training after some events."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.display.status import RECENT, TrainingStatus
from charlm.training.events import Event, RolledBack, Sampled, Saved, Skipped, Updated, Validated


def updated(step: int, nats: float = 2.0, steps: int = 100, seconds: float | None = None) -> Updated:
    return Updated(step, step / steps, 0.1, nats, 1e-3, 0.5, step * 64, step if seconds is None else seconds, 64.0)


def status(*events: Event) -> TrainingStatus:
    result = TrainingStatus()
    for event in events:
        result = result.after(event)
    return result


def test_it_has_the_newest_event_of_each_type() -> None:
    saved = Saved(2, Path("step-2"), best=True)
    result = status(updated(1), updated(2), Sampled(2, "a"), Sampled(2, "b"), saved)
    assert (result.first, result.updated) == (updated(1), updated(2))
    assert (result.sampled, result.saved) == (Sampled(2, "b"), saved)


def test_the_best_is_kept_when_a_worse_one_comes() -> None:
    good, bad = Validated(1, 1.0, 1.44, True, 9, 1.0), Validated(2, 2.0, 2.88, False, 9, 2.0)
    result = status(good, bad)
    assert (result.best, result.validated) == (good, bad)


def test_a_later_event_does_not_change_an_earlier_status() -> None:
    before = status(updated(1, 5.0))
    before.after(updated(2, 1.0))
    assert (before.updates, before.train_nats) == (1, 5.0)


def test_skips_are_counted_and_the_newest_trouble_is_kept() -> None:
    result = status(Skipped(1, "a"), Skipped(2, "b"), RolledBack(2, 0, 0.5))
    assert result.skips == 2
    assert result.trouble == RolledBack(2, 0, 0.5)


def test_the_running_mean_of_a_constant_is_the_constant() -> None:
    assert status(*(updated(step, 1.5) for step in range(1, 40))).train_nats == pytest.approx(1.5)


def test_the_running_mean_forgets_the_first_steps() -> None:
    events = [updated(step, 6.0 if step <= 10 else 2.0) for step in range(1, 10 * RECENT)]
    assert status(*events).train_nats == pytest.approx(2.0, abs=0.01)


@given(st.lists(st.floats(0.1, 9.0), min_size=1, max_size=60))
def test_the_running_mean_lies_between_the_scores(scores: list[float]) -> None:
    mean = status(*(updated(step, nats) for step, nats in enumerate(scores, 1))).train_nats
    assert min(scores) - 1e-9 <= mean <= max(scores) + 1e-9


def test_the_time_left_follows_from_the_pace_of_this_process() -> None:
    # resumed half-way, after an hour in another process; since then one hundredth takes two seconds
    assert status(updated(50, seconds=3600.0), updated(60, seconds=3620.0)).seconds_left() == pytest.approx(80.0)


def test_before_the_second_update_the_time_left_is_unknown() -> None:
    assert TrainingStatus().seconds_left() is None
    assert status(updated(1)).seconds_left() is None
