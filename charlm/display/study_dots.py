"""The panels of a study without a numeric factor: a row for each variant, a dot for each seed, the mean, its interval.

Panels of one quantity share their x axis, but not those of bits a line, which differ between tasks. All panels share
the order of the variants. Knows no results file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from charlm.display.figures import INK, style_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BASELINE, OTHER = "#D55E00", "#0072B2"
FAINT, GRID = "#777777", "#e4e4e4"
BOUNDS = "bits per character on the valid split, at most (lower is better)"
UNITS = {
    "bits": "bits per character on the valid split (lower is better)",
    "sequence_bits": "bits a line (lower is better)",
    "accuracy": "share of answers that are right (higher is better)",
    "characters_per_second": "characters per second (higher is better)",
}
SHARES = -0.03, 1.03  # an axis of shares, with room for a dot at either end
PANELS = 3  # side by side
ROOM = 0.08  # of the axis, left free at either end
REACH = 1.5  # most that the axis goes beyond the dots for an interval, in widths of what the dots cover

Report = dict[str, Any]


def draw_panels(panels: Any, groups: Sequence[Report], baseline: str) -> None:
    """`panels` are at least as many axes as there are groups, in rows; those that are left over are hidden."""
    order = _order(groups)
    for number, axes in enumerate(panels.flat):
        if number >= len(groups):
            axes.set_visible(False)
            continue
        group = groups[number]
        shared = [each for each in groups if each["value"] == group["value"]]
        alike = [group] if group["value"] == "sequence_bits" else shared
        _draw(axes, group, order, baseline, _limits(alike))
        if number % panels.shape[1]:
            axes.set_yticklabels([])
        if len(groups) > 1:
            levels = ", ".join(f"{factor} {level}" for factor, level in group["levels"].items())
            axes.set_title(levels, loc="left", fontsize=9, color=FAINT)


def unit_of(group: Report) -> str:
    """What its values are, for an axis."""
    return BOUNDS if group["measure"] == "bound" else UNITS[group["value"]]


def variant_label(variant: str, baseline: str) -> str:
    return f"{variant} (baseline)" if variant == baseline else variant


def _order(groups: Sequence[Report]) -> list[str]:
    """The variants from the bottom up: the one with the best mean rank is on top, those without a result below."""
    ranks: dict[str, list[int]] = {row["variant"]: [] for group in groups for row in group["rows"]}
    for group in groups:
        rows = [row for row in group["rows"] if row["mean"]]
        rows.sort(key=lambda row: row["mean"]["mean"], reverse=group["value"].endswith("bits"))
        for rank, row in enumerate(rows):
            ranks[row["variant"]].append(rank)
    return sorted(ranks, key=lambda name: sum(ranks[name]) / len(ranks[name]) if ranks[name] else -1)


def _limits(groups: Sequence[Report]) -> tuple[float, float]:
    """The x axis for panels of one quantity: all dots, and the intervals unless they are far wider than the dots."""
    rows = [row for group in groups for row in group["rows"] if row["mean"]]
    if not rows:
        return 0.0, 1.0
    if groups[0]["value"] == "accuracy":
        return SHARES
    shown = [value for row in rows for value in row["values"].values()]
    spread = max(max(shown) - min(shown), 1e-3 * abs(max(shown)), 1e-9)
    low = min([*shown, *(row["mean"]["low"] for row in rows if row["mean"]["low"] is not None)])
    high = max([*shown, *(row["mean"]["high"] for row in rows if row["mean"]["high"] is not None)])
    low, high = max(low, min(shown) - REACH * spread), min(high, max(shown) + REACH * spread)
    if groups[0]["value"] == "characters_per_second":
        low = 0.0
    room = ROOM * max(high - low, spread)
    return (low - room if low > 0 else 0.0), high + room


def _draw(axes: Axes, group: Report, order: Sequence[str], baseline: str, limits: tuple[float, float]) -> None:
    from matplotlib.ticker import EngFormatter, MaxNLocator

    rows = {row["variant"]: row for row in group["rows"]}
    for y, variant in enumerate(order):
        row, color = rows.get(variant), BASELINE if variant == baseline else OTHER
        if row is None or not row["mean"]:
            axes.text(sum(limits) / 2, y, "no result", color=FAINT, fontsize=8, ha="center", va="center")
            continue
        middle, values = row["mean"], list(row["values"].values())
        if middle["low"] is not None:
            _interval(axes, middle, y, color, limits)
        axes.plot(values, [y] * len(values), "o", color="white", markeredgecolor=color, markersize=4.5)
        axes.plot([middle["mean"]], [y], "D", color=color, markersize=6)
        if variant == baseline:
            axes.axvline(middle["mean"], color=BASELINE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
    axes.set_yticks(range(len(order)), [variant_label(variant, baseline) for variant in order])
    for label, variant in zip(axes.get_yticklabels(), order, strict=True):
        label.set_color(BASELINE if variant == baseline else INK)
    axes.set_xlim(*limits)
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(unit_of(group), color=INK, fontsize=9)
    if group["value"] == "characters_per_second":
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    style_axes(axes, GRID, labelsize=9)


def _interval(axes: Axes, middle: Report, y: int, color: str, limits: tuple[float, float]) -> None:
    """The interval as far as the axis goes; an arrow at an end that lies beyond it."""
    low, high = max(middle["low"], limits[0]), min(middle["high"], limits[1])
    axes.plot([low, high], [y, y], color=color, linewidth=2.2, alpha=0.45)
    for end, shown, marker in ((middle["low"], low, "<"), (middle["high"], high, ">")):
        if not math.isclose(end, shown):
            axes.plot([shown], [y], marker, color=color, markersize=7, clip_on=False)
