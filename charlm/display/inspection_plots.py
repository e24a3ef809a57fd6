"""What `charlm inspect` finds, as pictures. Knows no runs and no models: names and numbers come in, a PNG goes out.

matplotlib is an extra and is imported for a picture alone, without pyplot; the same numbers give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from charlm.inspection.gates import GateShares
    from charlm.inspection.gradients import GradientNorms

INK, GRID = "#333333", "#e2e2e2"
# Told apart by all common forms of colour blindness (Okabe and Ito 2008), but for their faint yellow.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
SHUT, OPEN = "#0072b2", "#e69f00"
WRITTEN = 0.06  # share of a bar that has room for its figure


def plot_gradients(
    names: Sequence[str], trained: Sequence[GradientNorms], before: Sequence[GradientNorms | None], path: Path
) -> None:
    """Median norms against the distance, logarithmic; a band from quartile to quartile; dashed before training."""
    from charlm.inspection.gradients import VANISHED

    figure, axes = _blank(14 / 3, path)
    alone = len(names) == 1
    for name, after, start, colour in zip(names, trained, before, _colours(len(names)), strict=True):
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
        "how far back a loss is felt: median over positions, and their middle half", loc="left", fontsize=10, color=INK
    )
    axes.set_xlabel("k, characters back", color=INK)
    axes.set_ylabel("norm of the gradient of the loss at t\nby the input at t - k, nats", color=INK)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    if any(before) and not alone:
        axes.plot([], [], color=INK, linewidth=1.4, linestyle=(0, (4, 2)), label="before training")
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
    _save(figure, path)


def plot_gates(
    names: Sequence[str], trained: Sequence[Sequence[GateShares]], before: Sequence[Sequence[GateShares]], path: Path
) -> None:
    """A bar for each layer and gate, the lowest layer first: shares under 0.1, between, and over 0.9."""
    bars: list[tuple[str, GateShares, bool]] = []
    for name, after, start in zip(names, trained, before, strict=True):
        for number, gate in enumerate(after):
            whose = f"{name}, " if len(names) > 1 else ""
            bars.append((f"{whose}layer {gate.layer}, {gate.gate}", gate, True))
            if start:
                bars.append(("before training", start[number], False))
    if not bars:
        raise UsageError("There are no gates to draw.", str(path), "Look at a cell that has some: charlm cells list")
    figure, axes = _blank(1.3 + 0.36 * len(bars), path)
    for place, (_, gate, learned) in enumerate(reversed(bars)):
        _bar(axes, place, gate, learned)
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
    _save(figure, path)


def _bar(axes: Axes, place: int, gate: GateShares, learned: bool) -> None:
    left = 0.0
    for share, colour, ink in ((gate.low, SHUT, "white"), (gate.between, GRID, INK), (gate.high, OPEN, INK)):
        axes.barh([place], [100 * share], left=100 * left, height=0.74 if learned else 0.42, color=colour)
        if share >= WRITTEN:
            middle = 100 * (left + share / 2)
            size = 8 if learned else 6.5
            axes.text(middle, place, f"{100 * share:.0f}", color=ink, fontsize=size, ha="center", va="center_baseline")
        left += share


def _colours(count: int) -> Sequence[Any]:
    if count <= len(COLOURS):
        return COLOURS[:count]
    from matplotlib import colormaps

    return [colormaps["viridis"](place) for place in np.linspace(0, 0.92, count)]


def _blank(height: float, path: Path) -> tuple[Any, Axes]:
    """A figure 8 inches wide with nothing on it. Raises UsageError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise UsageError(
            "Drawing needs matplotlib.", str(path), "Install it with: pip install 'charlm[plot]'"
        ) from None
    figure = Figure(figsize=(8, height), dpi=150, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12))
    axes = figure.add_subplot()
    axes.set_axisbelow(True)
    axes.tick_params(which="both", color=GRID, labelcolor=INK, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    drawn = BytesIO()  # whole before it is written: a picture that fails leaves the last one alone
    figure.savefig(drawn, format="png", metadata={"Software": None})
    path.write_bytes(drawn.getvalue())
