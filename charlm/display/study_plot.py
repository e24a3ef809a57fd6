"""A study as a picture, from its report. Knows no results file and no training.

A single numeric factor becomes the x axis: a line for each variant, with bands of the 95 % intervals. Otherwise each
combination of levels is a panel with a row for each variant: a dot for each seed, and the mean with its interval.
Colours are those of Okabe and Ito (2008), which are distinct in all common forms of colour blindness.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from charlm.display.figures import INK, new_figure, save_png, style_axes
from charlm.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8c6d31")
MARKERS = "osD^vP*X"
FAINT, GRID, OTHER = "#777777", "#e4e4e4", "#0072B2"
BASELINE = "#D55E00"
UNITS = {
    "nats": "nats per character on the valid split (lower is better)",
    "accuracy": "share of answers that are right (higher is better)",
    "characters_per_second": "characters per second (higher is better)",
}
SHARES = -0.03, 1.03  # an axis of shares, with room for a dot at either end
LOGARITHMIC = 10  # from this ratio of the largest to the smallest level on, the x axis is logarithmic

Report = dict[str, Any]


def plot_study(report: Report, path: Path) -> None:
    """Write a PNG. Raises UsageError if matplotlib is not installed, or if there is nothing to draw."""
    groups = [group for group in report["groups"] if any(row["mean"] for row in group["rows"])]
    if not groups:
        raise UsageError("There is nothing to draw yet", str(path), "Run the study first: charlm study run")
    factor = _numeric_factor(groups)
    rows = max(len(group["rows"]) for group in groups)
    width, height = (8.0, 4.8) if factor else (max(8.0, 4.6 * len(groups)), 1.5 + 0.36 * rows)
    figure = new_figure(width, max(3.2, height), path)
    if factor:
        _lines(figure.add_subplot(), groups, factor, report["baseline"])
    else:
        panels = figure.subplots(1, len(groups), squeeze=False)[0]
        for axes, group in zip(panels, groups, strict=True):
            _dots(axes, group, report["baseline"], len(groups) > 1)
    seeds = f"{len(report['seeds'])} seeds, 95 % intervals of the mean"
    title = fill(f"{report['study']}: {report['question']}", int(width * 12.5))
    figure.suptitle(f"{title}\n{seeds}", x=0.015, ha="left", fontsize=9, color=INK)
    save_png(figure, path)


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


def _dots(axes: Axes, group: Report, baseline: str, titled: bool) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    is_lower_better = group["value"] == "nats"
    rows = [row for row in group["rows"] if row["mean"]]
    rows.sort(key=lambda row: row["mean"]["mean"], reverse=is_lower_better)  # the best one on top
    for y, row in enumerate(rows):
        color, middle = (BASELINE if row["variant"] == baseline else OTHER), row["mean"]
        values = list(row["values"].values())
        if middle["low"] is not None:
            axes.plot([middle["low"], middle["high"]], [y, y], color=color, linewidth=2.2, alpha=0.45)
        axes.plot(values, [y] * len(values), "o", color="white", markeredgecolor=color, markersize=4.5)
        axes.plot([middle["mean"]], [y], "D", color=color, markersize=6)
    axes.set_yticks(range(len(rows)), [_label(row["variant"], baseline) for row in rows])
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        if row["variant"] == baseline:
            label.set_color(BASELINE)
            axes.axvline(row["mean"]["mean"], color=BASELINE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
    # The interval of three seeds can be wide: the axis covers the dots.
    shown = [value for row in rows for value in row["values"].values()]
    room = max(max(shown) - min(shown), 1e-3 * abs(max(shown)), 1e-9) * 0.35
    axes.set_xlim(min(shown) - room, max(shown) + room)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(UNITS[group["value"]], color=INK, fontsize=9)
    if group["value"] == "characters_per_second":
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.set_xlim(left=0)
    if group["value"] == "accuracy":
        axes.set_xlim(*SHARES)
    if titled:
        levels = ", ".join(f"{factor} {level}" for factor, level in group["levels"].items())
        axes.set_title(levels, loc="left", fontsize=9, color=FAINT)
    style_axes(axes, GRID, labelsize=9)


def _label(variant: str, baseline: str) -> str:
    return f"{variant} (baseline)" if variant == baseline else variant


def _lines(axes: Axes, groups: Sequence[Report], factor: str, baseline: str) -> None:
    from matplotlib.ticker import EngFormatter, NullLocator

    groups = sorted(groups, key=lambda group: float(group["levels"][factor]))
    xs = [float(group["levels"][factor]) for group in groups]
    names = list(dict.fromkeys(row["variant"] for group in groups for row in group["rows"]))
    others = iter([color for color in COLORS if color != BASELINE] * len(names))
    for number, name in enumerate(names):
        color = BASELINE if name == baseline else next(others)
        found = [
            (x, row["mean"], list(row["values"].values()))
            for x, group in zip(xs, groups, strict=True)
            for row in group["rows"]
            if row["variant"] == name and row["mean"]
        ]
        at, means = [x for x, _, _ in found], [middle["mean"] for _, middle, _ in found]
        low = [_inside(middle["low"], middle["mean"], groups) for _, middle, _ in found]
        high = [_inside(middle["high"], middle["mean"], groups) for _, middle, _ in found]
        axes.fill_between(at, low, high, color=color, alpha=0.1, linewidth=0)
        axes.plot(at, means, color=color, marker=MARKERS[number % len(MARKERS)], markersize=5.5,
                  linewidth=2.4 if name == baseline else 1.6, label=_label(name, baseline))  # fmt: skip
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
    axes.set_ylabel(fill(UNITS[value], 36), color=INK, fontsize=9)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, labelcolor=INK, fontsize=9)
    style_axes(axes, GRID, labelsize=9)


def _inside(end: float | None, middle: float, groups: Sequence[Report]) -> float:
    """The end of an interval as it is drawn, clipped to 0..1 if it is a share of right answers."""
    if end is None or not math.isfinite(end):
        return middle
    return min(1.0, max(0.0, end)) if groups[0]["value"] == "accuracy" else end
