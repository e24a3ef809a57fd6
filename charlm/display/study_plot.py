"""A study as a picture, from its report. Knows no results file and no training.

The title says what was found. A single numeric factor becomes the x axis: a line for each variant, with bands of the
95 % intervals. Otherwise each combination of levels is a panel, drawn by study_dots.py. Colours are those of Okabe and
Ito (2008), which are distinct in all common forms of colour blindness.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from charlm.display.figures import INK, new_figure, save_png, style_axes
from charlm.display.study_dots import BASELINE, GRID, PANELS, SHARES, draw_panels, unit_of, variant_label
from charlm.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = ("#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8c6d31")
MARKERS = "osD^vP*X"
LOGARITHMIC = 10  # from this ratio of the largest to the smallest level on, the x axis is logarithmic
LETTERS = 12.5  # of the title in an inch

Report = dict[str, Any]


def plot_study(report: Report, path: Path) -> None:
    """Write a PNG. Raises UsageError if matplotlib is not installed, or if there is nothing to draw."""
    groups = [group for group in report["groups"] if any(row["mean"] for row in group["rows"])]
    if not groups:
        raise UsageError("There is nothing to draw yet", str(path), "Run the study first: charlm study run")
    factor = _numeric_factor(groups)
    across, down = min(len(groups), PANELS), -(-len(groups) // PANELS)
    rows = max(len(group["rows"]) for group in groups)
    width, height = (8.0, 4.8) if factor else (max(8.0, 1.0 + 4.2 * across), 0.5 + down * (1.2 + 0.36 * rows))
    title = _title(report, int(width * LETTERS))
    figure = new_figure(width, max(3.2, height + 0.16 * title.count("\n")), path)
    if factor:
        _lines(figure.add_subplot(), groups, factor, report["baseline"])
    else:
        draw_panels(figure.subplots(down, across, squeeze=False), groups, report["baseline"])
    figure.suptitle(title, x=0.015, ha="left", fontsize=9, color=INK)
    save_png(figure, path)


def _title(report: Report, letters: int) -> str:
    """What was found; below it what was asked, and how certain it is."""
    found = fill(f"{report['study']}: {report['found']}", letters)
    asked = fill(f"asked: {report['question']}", letters)
    return f"{found}\n{asked}\n{len(report['seeds'])} seeds, 95 % intervals of the mean"


def _numeric_factor(groups: Sequence[Report]) -> str | None:
    """The factor, if there is only one and its levels are at least three numbers; else None."""
    factors = {factor for group in groups for factor in group["levels"]}
    if len(factors) != 1 or len(groups) < 3:
        return None
    factor = factors.pop()
    return factor if all(_number(group["levels"][factor]) is not None for group in groups) else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _lines(axes: Axes, groups: Sequence[Report], factor: str, baseline: str) -> None:
    from matplotlib.ticker import EngFormatter, NullLocator

    groups = sorted(groups, key=lambda group: float(group["levels"][factor]))
    xs = [float(group["levels"][factor]) for group in groups]
    names = list(dict.fromkeys(row["variant"] for group in groups for row in group["rows"]))
    others = iter(COLORS * len(names))
    for number, name in enumerate(names):
        color = BASELINE if name == baseline else next(others)
        found = [
            (x, row["mean"], list(row["values"].values()))
            for x, group in zip(xs, groups, strict=True)
            for row in group["rows"]
            if row["variant"] == name and row["mean"]
        ]
        at, means = [x for x, _, _ in found], [middle["mean"] for _, middle, _ in found]
        low, high = (
            [middle["mean"] if middle[end] is None else middle[end] for _, middle, _ in found]
            for end in ("low", "high")
        )
        axes.fill_between(at, low, high, color=color, alpha=0.1, linewidth=0)
        axes.plot(at, means, color=color, marker=MARKERS[number % len(MARKERS)], markersize=5.5,
                  linewidth=2.4 if name == baseline else 1.6, label=variant_label(name, baseline))  # fmt: skip
        for x, _, values in found:
            axes.plot([x] * len(values), values, ".", color=color, markersize=3.5, alpha=0.55)
    if xs[0] > 0 and xs[-1] / xs[0] >= LOGARITHMIC:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(xs, [f"{x:g}" for x in xs])
    value = groups[0]["value"]
    if value == "accuracy":
        axes.set_ylim(*SHARES)
    if value == "characters_per_second":
        axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlabel(factor, color=INK, fontsize=9)
    axes.set_ylabel(fill(unit_of(groups[0]), 36), color=INK, fontsize=9)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, labelcolor=INK, fontsize=9)
    style_axes(axes, GRID, labelsize=9)
