"""The view of a training in a notebook: how often it draws, what it keeps, and what it leaves behind."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from charlm.display.notebook_view import INTERVAL, MOST, Line, NotebookView
from charlm.training.events import Finished, Sampled, Saved, Skipped, Started, Updated, Validated

STARTED = Started(500, 9000, 500, 30, 4, 16, 100, None, None, "cpu", "fp32", None, ())


def updated(step, steps=100):
    return Updated(step, step / steps, step / 50, 2.0, 0.01, 1.0, 64 * step, step / 10, 640.0, 2.0 - step / steps)


def finished(reason="length", step=100):
    return Finished(reason, step, step / 10, 64 * step, 1.0, 50, 1.5, 1.6)


class Shown:
    """A view of which every drawing is kept; its clock stands still unless it is moved, or each drawing takes time."""

    def __init__(self, takes=0.0, **named):
        self.cards, self.at, self.takes = [], 100.0, takes
        self.view = NotebookView(
            self.put,
            "owl",
            "lstm 1 x 8",
            lambda complete: ["load"] if complete else ["resume"],
            now=lambda: self.at,
            **named,
        )

    def put(self, card):
        self.cards.append(card)
        self.at += self.takes


@pytest.fixture
def shown():
    return Shown()


def test_a_card_is_drawn_at_once_then_at_intervals_and_at_the_end(shown):
    with shown.view as view:
        assert len(shown.cards) == 1
        for step in range(1, 51):
            view.show(updated(step))
        assert len(shown.cards) == 1
        shown.at += INTERVAL
        view.show(updated(51))
        view.show(updated(52))
        assert [card.progress for card in shown.cards] == [0.0, 0.51]
        view.show(finished())
    assert len(shown.cards) == 3
    assert shown.cards[-1].progress is None


def test_a_slow_notebook_is_drawn_to_less_often():
    """A drawing of a second is followed by 20 seconds without one."""
    slow = Shown(takes=1.0)
    with slow.view as view:
        for step in range(1, 101):
            slow.at += 1.0
            view.show(updated(step))
    assert len(slow.cards) == 1 + 5 + 1


def test_the_last_card_has_scores_and_the_next_step(shown):
    with shown.view as view:
        for event in (STARTED, updated(50), Validated(50, 1.5, 2.164, True, 500, 5.0), Sampled(50, "The owl")):
            view.show(event)
        view.show(finished())
    last, rows = shown.cards[-1], dict(shown.cards[-1].rows)
    assert (last.title, last.about) == ("owl", "lstm 1 x 8, cpu fp32")
    assert rows["valid"] == "2.164 bits per character"
    assert rows["best"] == "2.164 at step 50"
    assert (last.sample, last.sample_title) == ("The owl", "a sample at step 50")
    assert list(last.valid) == [(3200, 2.164)]
    assert (last.note, list(last.code)) == ("", ["load"])


def test_scores_of_a_model_with_latent_variables_are_bounds(shown):
    with shown.view as view:
        view.show(Started(*list(vars(STARTED).values())[:-1], bounded=True))
        view.show(updated(1))
        view.show(Validated(1, 1.5, 2.164, True, 500, 5.0))
    rows = dict(shown.cards[-1].rows)
    assert rows["train"].startswith("<= ")
    assert rows["valid"] == "<= 2.164 bits per character"


def test_the_axis_spans_the_whole_training_while_it_runs(shown):
    with shown.view as view:
        shown.at += INTERVAL
        view.show(updated(60))
        assert shown.cards[-1].end == pytest.approx(6400)
        shown.at += INTERVAL
        view.show(updated(61))
    assert shown.cards[-1].end == pytest.approx(6400)


@pytest.mark.parametrize(
    ("events", "note"),
    [
        ([], "Left before the first step. Go on with:"),
        ([updated(7)], "Left at step 7; nothing was saved since. Go on with:"),
        ([updated(7), Saved(7, Path("step-7"), False)], "Left at step 7; everything is saved. Go on with:"),
        ([updated(7), Saved(7, Path("step-7"), False), updated(9)], "Left at step 9; saved is step 7. Go on with:"),
        (
            [updated(7), Saved(7, Path("x"), False), finished("signal", 7)],
            "Left at step 7; everything is saved. Go on with:",
        ),
    ],
)
def test_a_training_that_was_left_says_what_is_saved_and_how_to_go_on(shown, events, note):
    def cell():
        with shown.view as view:
            for event in events:
                view.show(event)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cell()
    assert (shown.cards[-1].note, list(shown.cards[-1].code)) == (note, ["resume"])


def test_trouble_is_shown(shown):
    with shown.view as view:
        view.show(Skipped(3, "loss nan"))
    assert dict(shown.cards[-1].rows)["trouble"] == "skipped step 3: loss nan"


def test_the_curve_of_earlier_sessions_comes_first():
    resumed = Shown(train=[(64, 3.0), (128, 2.9)], valid=[(128, 3.1)])
    with resumed.view as view:
        view.show(updated(3))
    assert [at for at, _ in resumed.cards[-1].train] == [64, 128, 192]
    assert list(resumed.cards[-1].valid) == [(128, 3.1)]


def test_a_long_line_keeps_some_points_that_lie_evenly_and_the_newest():
    line = Line()
    for number in range(100_001):
        line.add(number, 1.0)
    places = [place for place, _ in line.points()]
    assert places[0] == 0
    assert places[-1] == 100_000
    assert MOST / 2 <= len(places) <= MOST + 1
    steps = {after - before for before, after in pairwise(places[:-1])}
    assert len(steps) == 1


def test_a_short_line_keeps_every_point():
    assert Line([(1, 2.0), (2, 1.9)]).points() == [(1, 2.0), (2, 1.9)]
    assert Line().points() == []
