"""A page with curves and tables: tables can be sorted, cells may be bars. Knows no model and no results.

Curves are drawn by the script from their numbers; bars are rectangles in the file, in per cent of their width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.display.html_page import render_page, without_controls


@dataclass(frozen=True)
class Bar:
    """Parts beside each other, each a share from 0 to 1 and a class (b1 to b3), and a number to show and to sort by."""

    parts: Sequence[tuple[float, str]]
    shown: str

    @classmethod
    def of(cls, share: float, shown: str) -> Bar:
        return cls([(share, "b1")], shown)

    @property
    def rectangles(self) -> list[dict[str, Any]]:
        ends = np.cumsum([share for share, _ in self.parts]) * 100
        return [
            {"x": f"{end - 100 * share:.2f}", "width": f"{max(0.0, 100 * share):.2f}", "name": name}
            for end, (share, name) in zip(ends.tolist(), self.parts, strict=True)
        ]


@dataclass(frozen=True)
class ReportTable:
    """A heading and rows of texts and bars; all columns but the first are numbers."""

    title: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str | Bar]]
    note: str = ""
    texts: frozenset[int] = frozenset({0})  # the columns that are no numbers


@dataclass(frozen=True, eq=False)
class Curve:
    """A line through points (x, y), with an optional band between `low` and `high`; NaN is a gap."""

    name: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    dashed: bool = False
    colour: int | None = None  # curves of one number have one colour; its own by default


@dataclass(frozen=True)
class Chart:
    """Curves over one axis. `log_x` and `log_y` are how it is drawn at first; a button changes the latter."""

    title: str
    x_name: str
    y_name: str
    curves: Sequence[Curve]
    log_x: bool = False
    log_y: bool = False
    from_zero: bool = False


def report_page(
    title: str,
    lines: Sequence[str],
    charts: Sequence[Chart] = (),
    tables: Sequence[ReportTable] = (),
    notes: Sequence[str] = (),
) -> str:
    """The page: lines, charts, tables, notes."""
    shown = [
        {
            "title": without_controls(each.title),
            "heading": [*map(without_controls, each.heading)],
            "rows": [[without_controls(cell) if isinstance(cell, str) else cell for cell in row] for row in each.rows],
            "note": without_controls(each.note),
            "texts": each.texts,
        }
        for each in tables
    ]
    return render_page(
        "inspect_report", without_controls(title), {"charts": [*map(_chart, charts)]},
        lines=[*map(without_controls, lines)],
        charts=[without_controls(each.title) for each in charts], tables=shown, notes=[*map(without_controls, notes)],
    )  # fmt: skip


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "title": without_controls(chart.title),
        "x": chart.x_name,
        "y": chart.y_name,
        "logX": chart.log_x,
        "logY": chart.log_y,
        "fromZero": chart.from_zero,
        "curves": [
            {
                "name": without_controls(curve.name),
                "dashed": curve.dashed,
                "colour": number if curve.colour is None else curve.colour,
                **{
                    key: None if values is None else _numbers(values)
                    for key, values in (("x", curve.x), ("y", curve.y), ("low", curve.low), ("high", curve.high))
                },
            }
            for number, curve in enumerate(chart.curves)
        ],
    }


def _numbers(values: np.ndarray) -> list[float | None]:
    """JSON has no NaN."""
    return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values.tolist()]
