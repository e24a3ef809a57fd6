"""The learning curves of several runs in one picture, from their rows of metrics. Knows no run and no training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlm.display.figures import GRID, INK, new_figure, save_png, style_axes
from charlm.display.loss_plot import SETTLED, learning_curve
from charlm.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Distinct in all common forms of colour blindness (Okabe and Ito 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8c6d31")
BY = {"characters": "characters read", "steps": "updates", "seconds": "seconds of wall-clock time"}
APART = 0.045  # least distance of two labels, as a share of the height
ROOM = 0.06  # share of the height that is free above and below the curves

Row = Mapping[str, Any]
Line = list[tuple[float, float]]  # how far the training is, and bits per character


def plot_curves(runs: Mapping[str, Sequence[Row]], by: str, path: Path) -> None:
    """Write a PNG with a curve for each run, labelled at its end with its name and its newest score.

    A curve is that of the validations, with the training score as a thin line; without validations it is the training
    score. `runs` are rows of metrics by name; `by` is a key of BY, the x axis. Raises UsageError if a run has no
    update to draw, or matplotlib is not installed.
    """
    figure = new_figure(9, 5.2, path)
    from matplotlib.ticker import EngFormatter, MaxNLocator

    axes = figure.add_subplot()
    ends: list[tuple[float, float, str, str]] = []  # x, bits, label, colour
    seen: list[float] = []
    for number, (name, rows) in enumerate(runs.items()):
        train, valid = _lines(name, rows, by)
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(*zip(*train, strict=True), color=colour, linewidth=0.9, alpha=0.5 if valid else 1.0)
        if valid:
            axes.plot(*zip(*valid, strict=True), color=colour, linewidth=1.8, marker="o", markersize=3.5)
        end, what = (valid[-1], "") if valid else (train[-1], " train")
        ends.append((*end, f"{name}{what} {end[1]:.3f}", colour))
        seen += [bits for at, bits in train if at >= SETTLED * train[-1][0]] + [bits for _, bits in valid]
    room = max(0.02, max(seen) - min(seen)) * ROOM
    axes.set_ylim(min(seen) - room, max(seen) + room)
    axes.set_xlim(0, 1.01 * max(x for x, *_ in ends) or 1)
    _label(axes, ends)
    axes.set_title("bits per character: valid, and train as a thin line", loc="left", fontsize=10, color=INK)
    axes.set_xlabel(BY[by], color=INK)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=by != "seconds"))
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    style_axes(axes)
    save_png(figure, path)


def _lines(name: str, rows: Sequence[Row], by: str) -> tuple[Line, Line]:
    train, valid = learning_curve(rows)
    if not train:
        raise UsageError(f"The run {name} has no learning curve yet", name, "Leave it out, or train it first.")
    seconds = {row["step"]: row["seconds"] for row in rows if row.get("event") == "updated"}

    def at(step: int, characters: int) -> float:
        return float({"steps": step, "characters": characters}.get(by, seconds.get(step, 0.0)))

    last: dict[int, float] = {characters: at(step, characters) for step, characters, _, _ in train}
    return (
        [(at(step, characters), score) for step, characters, _, score in train],
        [(last.get(characters, 0.0), bits) for _, characters, bits in valid],
    )


def _label(axes: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """The labels right of the axes, each at the height of its curve's end, or moved so that none covers another."""
    low, high = axes.get_ylim()
    heights = _apart([(bits - low) / (high - low) for _, bits, _, _ in ends])
    for (x, bits, label, colour), height in zip(ends, heights, strict=True):
        axes.annotate(
            label, (x, bits), (1.02, height), textcoords="axes fraction", va="center", color=colour, fontsize=9,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "alpha": 0.5},
        )  # fmt: skip


def _apart(heights: Sequence[float]) -> list[float]:
    """The heights, moved up where needed until each is APART from the next one below, and then down as one."""
    order = sorted(range(len(heights)), key=lambda number: heights[number])
    moved = list(heights)
    for lower, number in pairwise(order):
        moved[number] = max(moved[number], moved[lower] + APART)
    shift = (sum(heights) - sum(moved)) / max(1, len(heights))
    return [height + shift for height in moved]
