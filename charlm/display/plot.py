"""The learning curve of a run as a picture. This file knows the rows of metrics.jsonl and nothing of training.

matplotlib is an extra and is imported when a picture is asked for, without pyplot: no window, nothing left open, and
the same rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.display.view import in_bits
from charlm.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TRAIN, VALID, INK, GRID = "#2a7f9e", "#cf7a1c", "#333333", "#e2e2e2"
POINTS = 1000  # of the training are drawn at most: the picture is no wider
SMOOTHING = 0.02  # share of the points that the smooth line averages over
SETTLED = 0.03  # share of the characters that may leave the picture at the top: the first steps would flatten the rest

Row = Mapping[str, Any]
Points = list[tuple[int, int, float]]  # step, characters read, bits per character


def plot(metrics: Sequence[Row], path: Path) -> None:
    """Write a PNG of 1200 x 700 pixels: bits per character of train and valid, against the characters read.

    `metrics` are events as flat dicts in the order in which they happened. Raises UsageError where matplotlib is not
    installed, or where there is no update to draw.
    """
    train, valid = _series(metrics)
    if not train:
        raise UsageError("There is no learning curve to draw yet.", str(path), "Train for at least one step.")
    try:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
        from matplotlib.ticker import EngFormatter, MaxNLocator
    except ImportError:
        raise UsageError(
            "Drawing the learning curve needs matplotlib.", str(path), "Install it with: pip install 'charlm[plot]'"
        ) from None

    figure = Figure(figsize=(8, 14 / 3), dpi=150, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.12))
    axes = figure.add_subplot()
    _draw(axes, train, valid)
    axes.set_title("bits per character", loc="left", fontsize=10, color=INK)
    axes.set_xlabel("characters read", color=INK)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlim(left=0)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(color=GRID, labelcolor=INK, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)

    drawn = BytesIO()  # whole before it is written: a picture that fails leaves the last one alone
    figure.savefig(drawn, format="png", metadata={"Software": None})
    path.write_bytes(drawn.getvalue())


def _series(metrics: Sequence[Row]) -> tuple[Points, Points]:
    """The points of train and of valid. What a resume or a roll-back undid is left out."""
    train: Points = []
    valid: Points = []
    for row in metrics:
        if row.get("event") == "updated" and row["nats"] is not None:  # null stands for what was not finite
            for points in (train, valid):
                while points and points[-1][0] >= row["step"]:
                    points.pop()
            train.append((row["step"], row["characters"], in_bits(row["nats"])))
        elif row.get("event") == "validated" and train:
            # The row's own characters are those that were scored; what was read by then, the update before it knows.
            valid.append((row["step"], train[-1][1], row["bits"]))
    return train, valid


def _draw(axes: Axes, train: Points, valid: Points) -> None:
    from matplotlib.patheffects import withStroke

    size = -(-len(train) // POINTS)  # of a piece: all alike, or their noise would differ
    pieces = np.split(np.array(train)[:, 1:], range(size, len(train), size))
    characters, bits = np.array([piece.mean(axis=0) for piece in pieces]).T
    reach = np.ones(max(1, round(SMOOTHING * len(bits))))
    # The same sum over ones says how many points there were, which is fewer at both ends.
    smooth = np.convolve(bits, reach, "same") / np.convolve(np.ones_like(bits), reach, "same")
    axes.plot(characters, bits, color=TRAIN, alpha=0.25, linewidth=0.8)
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
        above = best >= np.interp(where, characters, smooth)  # the side where the other line is not
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
        side = "center" if len(ends) == 1 else "bottom" if name == higher else "top"  # so that close ones do not meet
        end = (characters[-1], score)
        axes.annotate(f"{name} {score:.3f}", end, (8, 0), textcoords="offset points", va=side, color=color)
    room = max(0.02, float(seen.max() - seen.min())) * 0.08
    axes.set_ylim(float(seen.min()) - room, float(seen.max()) + room)
