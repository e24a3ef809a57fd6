"""The small learning curve in braille."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.display.curve import MARK, Curve, draw_curve

Scores = Sequence[tuple[float, float]]


def drawn(train: Scores, valid: Scores = (), width: int = 40, height: int = 5) -> list[str]:
    curve = Curve()
    for progress, bits in train:
        curve.train(progress, bits)
    for progress, bits in valid:
        curve.valid(progress, bits)
    return ["".join(segment.text for segment in row) for row in draw_curve(curve, width, height)]


def falling(steps: int = 200, until: float = 1.0) -> Scores:
    return [(until * i / steps, 4 - 2 * i / steps) for i in range(1, steps + 1)]


def columns(rows: list[str]) -> list[int]:
    """The columns that are not blank, right of the labels."""
    return [at for row in rows for at, char in enumerate(row) if at >= 6 and char != " "]


def test_two_points_are_needed() -> None:
    assert drawn([]) == []
    assert drawn([(0.5, 2.0)]) == []
    assert drawn([(0.1, 2.0), (0.9, 1.0)]) != []


def test_a_falling_score_runs_from_the_upper_left_to_the_lower_right() -> None:
    rows = drawn(falling())
    starts = [len(row) - len(row[6:].lstrip()) for row in rows if row[6:].strip()]
    assert len(starts) == 5
    assert starts == sorted(starts)


def test_the_line_has_no_holes() -> None:
    rows = drawn([(0.01, 4.0), (0.5, 2.0), (0.99, 3.0)])
    inked = set(columns(rows))
    assert inked == set(range(min(inked), max(inked) + 1))


def test_labels_are_the_highest_and_lowest_drawn_score() -> None:
    rows = drawn([(0.2, 3.0), (0.6, 2.5), (0.9, 2.25)])
    assert [row[:6].strip() for row in rows] == ["3.00", "", "", "", "2.25"]


def test_the_first_steps_do_not_flatten_the_rest() -> None:
    rows = drawn([(0.001, 900.0), *falling()])
    assert float(rows[0][:6]) < 4


def test_validations_are_marks_that_are_visible_without_colour() -> None:
    rows = drawn(falling(), [(0.25, 3.6), (0.5, 3.2), (1.0, 2.4)])
    assert sum(row.count(MARK) for row in rows) == 3


def test_early_in_training_the_curve_fills_at_least_half_the_width() -> None:
    for until in (0.05, 0.2, 0.4, 0.6, 1.0):
        assert max(columns(drawn(falling(until=until)))) >= 6 + 34 // 2 - 1


def test_a_later_validation_replaces_one_in_the_same_bin() -> None:
    curve = Curve()
    curve.valid(0.5, 3.0)
    curve.valid(0.5, 2.0)
    assert [bits for _, bits in curve.points()[1]] == [2.0]


def test_the_number_of_points_is_bounded() -> None:
    curve = Curve()
    for step in range(20_000):
        curve.train(step / 20_000, 2.0)
    assert len(curve.points()[0]) <= 512


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 1.2), st.floats(0, 1e6)), max_size=40),
    st.lists(st.tuples(st.floats(0, 1.2), st.floats(0, 1e6)), max_size=5),
    st.integers(0, 120),
    st.integers(0, 9),
)
def test_it_never_exceeds_its_width_and_height(train: Scores, valid: Scores, width: int, height: int) -> None:
    rows = drawn(train, valid, width, height)
    assert len(rows) in (0, height)
    assert all(len(row) <= max(width, 12) for row in rows)
