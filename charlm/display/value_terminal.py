"""A text on the terminal, coloured by the values of one unit, and tables of units. Knows no model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from charlm.display.coloured_text import write_coloured, write_marked
from charlm.display.printing import has_colour, print_stderr, until_closed
from charlm.display.value_scale import BACKGROUNDS, MARKS, Scale
from charlm.display.value_text import ValueText

if TYPE_CHECKING:
    from charlm.inspection.recorded_values import Recorded
    from charlm.inspection.value_names import Unit


def print_values(text: ValueText, values: npt.NDArray[np.floating[Any]], scale: Scale, name: str) -> None:
    """The text with the unit's values (P,) as colours, or as marks below each line; on stderr what they mean."""
    steps = scale.steps(values)
    low, high = scale.limits()
    with until_closed(sys.stdout):
        if has_colour(sys.stdout):
            write_coloured(zip(text.pieces, [BACKGROUNDS[step] for step in steps], strict=True))
            print_stderr(f"{name}: blue from {low:.3g}, orange from {high:.3g}, no colour at {scale.middle:g}")
        else:
            write_marked(zip(text.pieces, [MARKS[step] for step in steps], strict=True))
            marks = f"'d' from {low:.3g} down, '4' from {high:.3g} up, ' ' at {scale.middle:g}"
            print_stderr(f"{name}, below each line: {marks}")


def unit_rows(recorded: Recorded, order: Sequence[int], top: int) -> list[list[str]]:
    """A table of the first units in an order, with heading."""
    mean, deviation = recorded.moments
    low, high = recorded.quantiles(0.1), recorded.quantiles(0.9)
    rows = [["unit", "mean", "deviation", "10 % under", "10 % over"]]
    for number in list(order)[:top]:
        unit = recorded.units[number]
        numbers = (mean[number], deviation[number], low[number], high[number])
        rows.append([str(unit), *(f"{one:.3f}" for one in numbers)])
    return rows


def by_deviation(recorded: Recorded) -> list[int]:
    """The columns of `recorded`, those whose values vary most first."""
    _, deviation = recorded.moments
    return [int(number) for number in np.argsort(-deviation, kind="stable")]


def column_of(recorded: Recorded, unit: Unit) -> int:
    """The number of a unit's column."""
    return recorded.units.index(unit)
