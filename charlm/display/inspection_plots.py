"""The results of `charlm inspect` as pictures. Knows no runs and no models: names and numbers in, a PNG out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.display.figures import GRID, INK, new_figure, save_png, style_axes
from charlm.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from charlm.inspection.gates import GateShares
    from charlm.inspection.gradients import GradientNorms

# Distinct in all common forms of colour blindness (Okabe and Ito 2008); their yellow is too faint for a line.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
SHUT, OPEN = "#0072b2", "#e69f00"
LABELLED = 0.06  # least share of a bar that has room for its number


def plot_gradients(
    names: Sequence[str], trained: Sequence[GradientNorms], fresh: Sequence[GradientNorms | None], path: Path
) -> None:
    """Median norms against the distance on a logarithmic axis, with a band between the quartiles.

    Dashed lines are the networks before training.
    """
    from charlm.inspection.gradients import VANISHED

    figure, axes = _figure(14 / 3, path)
    alone = len(names) == 1
    for name, after, start, colour in zip(names, trained, fresh, _colours(len(names)), strict=True):
        lower, median, upper = (np.where(row < VANISHED, np.nan, row) for row in after.quartiles)
        k = np.arange(median.size)
        axes.plot(k, median, color=colour, linewidth=1.8, label=name)
        axes.fill_between(k, lower, upper, color=colour, alpha=0.14, linewidth=0)
        if start:
            label = f"{name}, before training" if alone else None
            dashed = np.where(start.median < VANISHED, np.nan, start.median)
            axes.plot(k, dashed, color=colour, linewidth=1.4, linestyle=(0, (4, 2)), label=label)
    axes.set_yscale("log")
    axes.set_xlim(0, trained[0].median.size - 1)
    axes.set_title(
        "how far gradients reach back: median over positions, and their middle half", loc="left", fontsize=10, color=INK
    )
    axes.set_xlabel("k, characters back", color=INK)
    axes.set_ylabel("norm of the gradient of the loss at t\nby the input at t - k, nats", color=INK)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    if any(fresh) and not alone:
        axes.plot([], [], color=INK, linewidth=1.4, linestyle=(0, (4, 2)), label="before training")
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
    save_png(figure, path)


def plot_gates(
    names: Sequence[str], trained: Sequence[Sequence[GateShares]], fresh: Sequence[Sequence[GateShares]], path: Path
) -> None:
    """A bar for each layer and gate, the lowest layer first: the shares under 0.1, between, and over 0.9."""
    bars: list[tuple[str, GateShares, bool]] = []
    for name, after, start in zip(names, trained, fresh, strict=True):
        for number, gate in enumerate(after):
            whose = f"{name}, " if len(names) > 1 else ""
            bars.append((f"{whose}layer {gate.layer}, {gate.gate}", gate, True))
            if start:
                bars.append(("before training", start[number], False))
    if not bars:
        raise UsageError("There are no gates to draw", str(path), "`charlm cells show CELL` lists the gates of a cell.")
    figure, axes = _figure(1.3 + 0.36 * len(bars), path)
    for row, (_, gate, learned) in enumerate(reversed(bars)):
        _bar(axes, row, gate, learned)
    axes.set_yticks(range(len(bars)), [label for label, _, _ in reversed(bars)], fontsize=9)
    for tick, (_, _, learned) in zip(axes.get_yticklabels(), reversed(bars), strict=True):
        tick.set_color(INK if learned else "#8a8a8a")
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.6, len(bars) - 0.4)
    axes.set_title("how open the gates are", loc="left", fontsize=10, color=INK)
    axes.set_xlabel("share of all values of the gate, %", color=INK)
    keys = [axes.barh([0], [0], color=colour) for colour in (SHUT, GRID, OPEN)]
    axes.legend(
        keys, ["under 0.1", "between", "over 0.9"], frameon=False, labelcolor=INK, fontsize=9, ncols=3,
        loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2,
    )  # fmt: skip
    save_png(figure, path)


def _bar(axes: Axes, row: int, gate: GateShares, learned: bool) -> None:
    left = 0.0
    for share, colour, ink in ((gate.low, SHUT, "white"), (gate.between, GRID, INK), (gate.high, OPEN, INK)):
        axes.barh([row], [100 * share], left=100 * left, height=0.74 if learned else 0.42, color=colour)
        if share >= LABELLED:
            middle = 100 * (left + share / 2)
            size = 8 if learned else 6.5
            axes.text(middle, row, f"{100 * share:.0f}", color=ink, fontsize=size, ha="center", va="center_baseline")
        left += share


def _colours(count: int) -> Sequence[Any]:
    if count <= len(COLOURS):
        return COLOURS[:count]
    from matplotlib import colormaps

    return [colormaps["viridis"](shade) for shade in np.linspace(0, 0.92, count)]


def _figure(height: float, path: Path) -> tuple[Any, Axes]:
    """A figure 8 inches wide with empty axes. Raises UsageError if matplotlib is not installed."""
    figure = new_figure(8, height, path)
    axes = figure.add_subplot()
    style_axes(axes, which="both")
    return figure, axes
