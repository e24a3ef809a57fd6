"""The learning curve of a run as a picture, from the rows of metrics.jsonl. Knows no training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.display.figures import GRID, INK, has_matplotlib, new_figure, save_png, style_axes
from charlm.display.units import at_most, in_bits
from charlm.errors import UsageError
from charlm.training.score import training_score

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from charlm.runs import Run

TRAIN, VALID = "#2a7f9e", "#cf7a1c"
POINTS = 1000  # most training points that are drawn: the picture is about as wide
SETTLED = 0.03  # first share of the characters, which may leave the picture at the top: it would flatten the rest

Row = Mapping[str, Any]
Points = list[tuple[int, int, float]]  # step, characters read, bits per character
Updates = list[tuple[int, int, float, float]]  # the same of an update, and the training score after it in bits


def plot_loss_of(run: Run) -> None:
    """Write loss.png in the run's folder, if matplotlib is installed and the run has an update to draw."""
    from charlm.runs import read_metrics
    from charlm.runs.summary import summarize_run

    if not has_matplotlib():
        return
    rows = list(read_metrics(run.metrics))
    if any(row.get("event") == "updated" for row in rows):
        with suppress(OSError):  # everything else is saved: a missing picture is no error
            plot_loss(rows, run.folder / "loss.png", bounded=summarize_run(run).latent is not None)


def plot_loss(metrics: Sequence[Row], path: Path, bounded: bool = False) -> None:
    """Write a PNG of 1200 x 700 pixels: train and valid bits per character against the characters read.

    `metrics` are events as flat dicts in the order in which they happened; `bounded`: their scores are upper bounds.
    Raises UsageError if matplotlib is not
    installed, or if there is no update to draw.
    """
    train, valid = learning_curve(metrics)
    if not train:
        raise UsageError("There is no learning curve to draw yet", str(path), "Train for at least one step.")
    figure = new_figure(8, 14 / 3, path)
    from matplotlib.ticker import EngFormatter, MaxNLocator

    axes = figure.add_subplot()
    _draw(axes, train, valid)
    axes.set_title(f"{at_most(bounded)}bits per character", loc="left", fontsize=10, color=INK)
    axes.set_xlabel("characters read", color=INK)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlim(left=0)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    style_axes(axes)
    save_png(figure, path)


def learning_curve(metrics: Sequence[Row]) -> tuple[Updates, Points]:
    """The updates and the validations, without those that a resume or a roll-back undid."""
    train: Updates = []
    valid: Points = []
    for row in metrics:
        if row.get("event") == "updated" and row["nats"] is not None:  # null: the score was not finite
            while train and train[-1][0] >= row["step"]:
                train.pop()
            while valid and valid[-1][0] >= row["step"]:
                valid.pop()
            bits, recorded = in_bits(row["nats"]), row.get("train_nats")
            # metrics.jsonl of charlm 0.1 has no training score: it is computed from the updates that were recorded
            score = (
                training_score(train[-1][3] if train else bits, bits, row["step"])
                if recorded is None
                else in_bits(recorded)
            )
            train.append((row["step"], row["characters"], bits, score))
        elif row.get("event") == "validated" and train:
            # The row's own `characters` counts the scored ones. The last update has the number read so far.
            valid.append((row["step"], train[-1][1], row["bits"]))
    return train, valid


def _draw(axes: Axes, train: Updates, valid: Points) -> None:
    from matplotlib.patheffects import withStroke

    size = -(-len(train) // POINTS)  # the same for all pieces, so that their means are equally noisy
    pieces = np.split(np.array(train)[:, 1:], range(size, len(train), size))
    middle, bits, _ = np.array([piece.mean(axis=0) for piece in pieces]).T
    characters, _, smooth = np.array([piece[-1] for piece in pieces]).T  # the training score ends where the card has it
    axes.plot(middle, bits, color=TRAIN, alpha=0.25, linewidth=0.8)
    axes.plot(characters, smooth, color=TRAIN, linewidth=1.8)
    ends = {"train": (smooth[-1], TRAIN)}
    seen = smooth[characters >= SETTLED * characters[-1]]

    if valid:
        _, at, scores = (list(column) for column in zip(*valid, strict=True))
        axes.plot(at, scores, color=VALID, linewidth=1.4, marker="o", markersize=4)
        ends["valid"] = (scores[-1], VALID)
        seen = np.append(seen, scores)
        step, where, best = min(valid, key=lambda point: point[2])
        axes.plot([where], [best], color="white", marker="o", markersize=8, markeredgecolor=VALID, markeredgewidth=1.8)
        above = best >= np.interp(where, characters, smooth)  # the side away from the training line
        share = where / characters[-1]
        axes.annotate(
            f"best {best:.3f} at step {step:,}",
            (where, best),
            (0, 12 if above else -12),
            textcoords="offset points",
            ha="left" if share < 0.15 else "right" if share > 0.85 else "center",
            va="bottom" if above else "top",
            color=VALID,
            path_effects=[withStroke(linewidth=3, foreground="white")],  # legible where a line passes behind it
        )

    higher = max(ends, key=lambda name: ends[name][0])
    for name, (score, color) in ends.items():
        side = "center" if len(ends) == 1 else "bottom" if name == higher else "top"  # so that labels do not overlap
        end = (characters[-1], score)
        axes.annotate(f"{name} {score:.3f}", end, (8, 0), textcoords="offset points", va=side, color=color)
    room = max(0.02, float(seen.max() - seen.min())) * 0.08
    axes.set_ylim(float(seen.min()) - room, float(seen.max()) + room)
