"""The status of a training after some events."""

from __future__ import annotations

from pathlib import Path

import pytest

from charlm.display.status import TrainingStatus
from charlm.training.events import Event, RolledBack, Sampled, Saved, Skipped, Updated, Validated


def updated(step: int, nats: float = 2.0, steps: int = 100, seconds: float | None = None) -> Updated:
    return Updated(
        step, step / steps, 0.1, nats, 1e-3, 0.5, step * 64, step if seconds is None else seconds, 64.0, nats
    )


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
    assert (before.updates, before.updated) == (1, updated(1, 5.0))


def test_skips_are_counted_and_the_newest_trouble_is_kept() -> None:
    result = status(Skipped(1, "a"), Skipped(2, "b"), RolledBack(2, 0, 0.5))
    assert result.skips == 2
    assert result.trouble == RolledBack(2, 0, 0.5)


def test_the_time_left_follows_from_the_pace_of_this_process() -> None:
    # resumed half-way, after an hour in another process; since then one hundredth takes two seconds
    assert status(updated(50, seconds=3600.0), updated(60, seconds=3620.0)).seconds_left() == pytest.approx(80.0)


def test_before_the_second_update_the_time_left_is_unknown() -> None:
    assert TrainingStatus().seconds_left() is None
    assert status(updated(1)).seconds_left() is None
