"""What a view remembers of the events, and how it writes numbers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.display.live import LiveView
from charlm.display.plain import PlainView
from charlm.display.talk import Talk
from charlm.display.view import RECENT, Seen, View, clock, in_bits, scientific, short, trouble
from charlm.training.events import Event, RolledBack, Sampled, Saved, Skipped, Updated, Validated


def updated(step: int, nats: float = 2.0, steps: int = 100, seconds: float | None = None) -> Updated:
    return Updated(step, step / steps, 0.1, nats, 1e-3, 0.5, step * 64, step if seconds is None else seconds, 64.0)


def seen(*events: Event) -> Seen:
    result = Seen()
    for event in events:
        result = result.after(event)
    return result


def test_both_views_are_views() -> None:
    views: list[View] = [LiveView(Talk(), "run"), PlainView(None)]
    assert all(callable(view.show) for view in views)


def test_it_remembers_the_newest_of_each_kind() -> None:
    saved = Saved(2, Path("step-2"), best=True)
    result = seen(updated(1), updated(2), Sampled(2, "a"), Sampled(2, "b"), saved)
    assert (result.first, result.updated) == (updated(1), updated(2))
    assert (result.sampled, result.saved) == (Sampled(2, "b"), saved)


def test_the_best_is_kept_when_a_worse_one_comes() -> None:
    good, bad = Validated(1, 1.0, 1.44, True, 9, 1.0), Validated(2, 2.0, 2.88, False, 9, 2.0)
    result = seen(good, bad)
    assert (result.best, result.validated) == (good, bad)


def test_what_was_seen_is_not_changed_by_what_comes_after() -> None:
    before = seen(updated(1, 5.0))
    before.after(updated(2, 1.0))
    assert (before.updates, before.train_nats) == (1, 5.0)


def test_skips_are_counted_and_the_newest_trouble_is_kept() -> None:
    result = seen(Skipped(1, "a"), Skipped(2, "b"), RolledBack(2, 0, 0.5))
    assert result.skips == 2
    assert result.trouble == RolledBack(2, 0, 0.5)


def test_the_running_mean_of_a_constant_is_the_constant() -> None:
    assert seen(*(updated(step, 1.5) for step in range(1, 40))).train_nats == pytest.approx(1.5)


def test_the_running_mean_forgets_the_first_steps() -> None:
    events = [updated(step, 6.0 if step <= 10 else 2.0) for step in range(1, 10 * RECENT)]
    assert seen(*events).train_nats == pytest.approx(2.0, abs=0.01)


@given(st.lists(st.floats(0.1, 9.0), min_size=1, max_size=60))
def test_the_running_mean_lies_among_the_scores(scores: list[float]) -> None:
    mean = seen(*(updated(step, nats) for step, nats in enumerate(scores, 1))).train_nats
    assert min(scores) - 1e-9 <= mean <= max(scores) + 1e-9


def test_time_to_go_is_told_by_the_pace_of_this_process() -> None:
    # resumed half-way, after an hour in another process; since then one hundredth takes two seconds
    assert seen(updated(50, seconds=3600.0), updated(60, seconds=3620.0)).left() == pytest.approx(80.0)


def test_there_is_no_time_to_go_before_there_is_a_pace() -> None:
    assert Seen().left() is None
    assert seen(updated(1)).left() is None


def test_nats_become_bits() -> None:
    assert in_bits(math.log(2)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (12.9, "0:12"), (59, "0:59"), (754, "12:34"), (3723, "1:02:03"), (9e5, "250:00:00")],
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (850.4, "850"), (999.6, "1.0k"), (41_234, "41.2k"), (999_960, "1.00M"), (1_115_394, "1.12M")],
)
def test_short(number: float, shown: str) -> None:
    assert short(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(4e-3, "4.00e-3"), (0.0, "0.00e0"), (1.0, "1.00e0"), (1e-12, "1.00e-12")]
)
def test_scientific(number: float, shown: str) -> None:
    assert scientific(number) == shown


def test_trouble_is_one_line() -> None:
    assert trouble(Skipped(7, "loss nan")) == "skipped step 7: loss nan"
    assert trouble(RolledBack(9, 4, 0.5)) == "rolled back from step 9 to 4, learning rate x 0.5"
