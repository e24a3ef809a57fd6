"""A score card as a picture: a row for each way to read the text, bits per character to the right.

Knows no model: a card is the object of `charlm eval card --json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from charlm.display.card_table import Card, title
from charlm.display.figures import GRID, INK, new_figure, save_png, style_axes
from charlm.display.units import in_bits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MODEL, BASELINE = "#0072b2", "#777777"
FILLS = {"no": "none", "weights": "left", "yes": "full"}
ROW, MARGIN = 0.32, 1.5  # inches of a row, and of title and axis together
FARTHEST = 1.6  # of the worst model's bits: what lies beyond is named at the edge


def plot_card(card: Card, path: Path) -> None:
    """Write a PNG. Filled dots learn from the text that they read; lines are 95 % intervals.

    Raises UsageError if matplotlib is not installed.
    """
    rows = [(row, MODEL) for row in card["rows"]]
    rows += [(row, BASELINE) for row in card["baselines"] if row["bits_per_character"] is not None]
    figure = new_figure(8, MARGIN + ROW * len(rows), path)
    axes = figure.add_subplot()
    low, high = _limits(card)
    for number, (row, color) in enumerate(rows):
        y = len(rows) - 1 - number
        bits = row["bits_per_character"]
        if bits > high:
            axes.annotate(f"{bits:.3f} →", (high, y), (-4, 0), textcoords="offset points", ha="right", va="center",
                          color=color, fontsize=9)  # fmt: skip
            continue
        end = bits
        if row["interval"] is not None:
            ends = [in_bits(row["interval"][name]) for name in ("low_nats", "high_nats")]
            axes.plot(ends, [y, y], color=color, linewidth=2.2, alpha=0.45)
            end = ends[1]
        fill = FILLS[row["learns"]]
        axes.plot([bits], [y], "o", color=color, markerfacecoloralt="white", fillstyle=fill, markersize=6.5)
        axes.annotate(f"{bits:.3f}", (end, y), (7, 0), textcoords="offset points", va="center", color=color, fontsize=9)
    _finish(axes, card, [row["name"] for row, _ in reversed(rows)], (low, high))
    save_png(figure, path)


def _limits(card: Card) -> tuple[float, float]:
    """The x axis: all of the models, and the baselines that are not far worse."""
    models = [row["bits_per_character"] for row in card["rows"]]
    shown = [row["bits_per_character"] for row in card["baselines"] if row["bits_per_character"] is not None]
    shown = [bits for bits in shown if bits <= FARTHEST * max(models)] + models
    room = 0.1 * max(max(shown) - min(shown), 0.1)
    return max(0.0, min(shown) - room), max(shown) + 1.6 * room


def _finish(axes: Axes, card: Card, names: list[str], limits: tuple[float, float]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_yticks(range(len(names)), names)
    for label, name in zip(axes.get_yticklabels(), names, strict=True):
        label.set_color(MODEL if name in {row["name"] for row in card["rows"]} else INK)
    axes.set_xlim(*limits)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(7))
    axes.set_title(f"{title(card)}: bits per character", loc="left", fontsize=10, color=INK)
    xlabel = "lower is better; filled: learns from the text while it reads; half: only how to mix"
    axes.set_xlabel(xlabel, color=INK, fontsize=9)
    style_axes(axes, labelsize=9)
