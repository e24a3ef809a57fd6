from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from charlm.cells.option import Option, option, option_of


@dataclass(frozen=True)
class Toy:
    bias: float = option(1.0, "a bias", -2, 2)
    parts: int = option(4, "parts", 1, 8)
    other: bool = option(False, "another form")


BIAS, PARTS, OTHER = map(option_of, fields(Toy))


def test_a_field_has_a_default_and_a_description():
    assert Toy() == Toy(1.0, 4, False)
    assert Option(1.0, "a bias", -2, 2) == BIAS


@pytest.mark.parametrize(
    ("which", "value", "problem"),
    [
        (BIAS, 2, None),
        (BIAS, 2.1, "must lie between -2 and 2"),
        (BIAS, True, "must be a number"),
        (BIAS, "1", "must be a number"),
        (PARTS, 8, None),
        (PARTS, 8.0, "must be a whole number"),
        (PARTS, 1.5, "must be a whole number"),
        (PARTS, 9, "must lie between 1 and 8"),
        (OTHER, True, None),
        (OTHER, 1, "must be true or false"),
    ],
)
def test_the_problem_with_a_value(which, value, problem):
    assert which.problem(value) == problem
