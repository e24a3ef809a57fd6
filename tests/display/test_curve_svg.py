"""The learning curve as SVG: a picture that any program can read, whatever the numbers."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from charlm.display.curve_svg import HEIGHT, MOST, WIDTH, curve_in_words, curve_svg

TRAIN = [(1000 * step, 4 - step / 40) for step in range(1, 81)]
VALID = [(20_000, 3.6), (40_000, 3.1), (80_000, 2.2)]


def elements(svg, name):
    return ElementTree.fromstring(svg).findall(f".//{{http://www.w3.org/2000/svg}}{name}")


def numbers(svg):
    """The coordinates of all lines."""
    return [
        tuple(map(float, pair))
        for path in elements(svg, "path")
        for pair in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", path.get("d"))
    ]


def test_a_line_for_train_and_a_dot_for_each_validation():
    svg = curve_svg(TRAIN, VALID)
    assert len(elements(svg, "circle")) == len(VALID) + 1  # and a ring around the best
    said = [text.text for text in elements(svg, "text")]
    assert {"train 2.000", "valid 2.200", "characters"} <= set(said)


def test_a_higher_score_is_higher_and_later_is_further_right():
    points = numbers(curve_svg(TRAIN, []))
    (x0, y0), (x1, y1) = points[-len(TRAIN)], points[-1]
    assert x1 > x0
    assert y1 > y0  # y grows downwards, and the score falls


def test_the_axis_ends_where_the_training_will():
    whole, half = (numbers(curve_svg(TRAIN, [], end))[-1][0] for end in (80_000, 160_000))
    assert half < whole
    assert (half - 44) / (whole - 44) == pytest.approx(0.5, abs=0.01)


def test_the_first_moments_of_a_long_training_are_drawn():
    assert len(numbers(curve_svg([(1, 4.0), (2, 3.0)], [], 1e9))) >= 2


@pytest.mark.parametrize("train", [[], [(10, 3.0)], [(10, math.nan), (20, 2.0)]])
def test_no_picture_without_two_points(train):
    assert curve_svg(train, []) == ""


@pytest.mark.parametrize(
    "train",
    [
        [(1, 3.0), (2, 3.0)],
        [(1, 1e300), (2, 3.0)],
        [(1, math.inf), (2, 3.0), (3, math.nan), (4, 2.0)],
        [(1, 1e-12), (2, 0.0)],
        [(10**12, 3.0), (10**13, 2.0)],
        [(step, 3 + math.sin(step)) for step in range(100_000)],
    ],
)
def test_any_numbers_can_be_drawn(train):
    svg = curve_svg(train, [train[-1]])
    assert len(svg) < 20_000
    points = numbers(svg)
    assert 2 <= len(points) <= 3 * MOST
    assert all(0 <= x <= WIDTH and -HEIGHT <= y <= HEIGHT for x, y in points)
    assert "nan" not in svg


def test_the_names_of_two_close_lines_do_not_overlap():
    svg = curve_svg([(1, 3.0), (2, 2.0)], [(2, 2.001)])
    first, second = (float(text.get("y")) for text in elements(svg, "text") if text.text[:5] in ("train", "valid"))
    assert abs(first - second) >= 11


def test_in_words_for_those_who_cannot_see_it():
    assert curve_in_words(TRAIN, VALID) == "bits per character, train 2.000, valid 2.200"
    assert curve_in_words(TRAIN, []) == "bits per character, train 2.000"
