"""A learning curve as an SVG picture: the training score as a line, validations as marks. Knows no run and no event.

It is meant for pages whose background is not known, light or dark: it has none of its own, and its colours can be read
on both. It holds numbers alone, and no text of a user.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from charlm.display.units import short

TRAIN, VALID, INK = "#2f86a8", "#cf7a1c", "#7d7d7d"
WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 92, 10, 24  # the right edge has room for the names of the lines
SETTLED = 0.03  # first share of the characters, which may lie above the picture: it would flatten the rest
APART = 15  # least distance of two names
MOST = 250  # points of a line, every other pixel

Points = Sequence[tuple[float, float]]  # (characters read, bits per character), in order


@dataclass(frozen=True)
class _Scale:
    """Places in the picture of characters and bits."""

    characters: float
    low: float
    high: float

    def x(self, characters: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * characters / self.characters

    def y(self, bits: float) -> float:
        # what is higher than the picture is above it, where it is not seen
        share = min(1.0, max(-1.0, (self.high - bits) / (self.high - self.low)))
        return TOP + (HEIGHT - TOP - BOTTOM) * share


def curve_svg(train: Points, valid: Points, characters: float | None = None) -> str:
    """The picture, of WIDTH x HEIGHT; empty without two points of `train`.

    The axis ends at `characters`, or at the last point if that is None.
    """
    train, valid = _finite(train), _finite(valid)
    if len(train) < 2:
        return ""
    end = max(characters or 0.0, train[-1][0], valid[-1][0] if valid else 0.0, 1.0)
    scale = _Scale(end, *_bounds([*train, *valid], SETTLED * end))
    parts = [*_axes(scale), _line(scale, train, TRAIN, 1.6)]
    if valid:
        parts += [_line(scale, valid, VALID, 1.4), *_marks(scale, valid)]
    ends = [("train", train[-1], TRAIN), *([("valid", valid[-1], VALID)] if valid else [])]
    parts += _names(scale, ends)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="system-ui, sans-serif" font-size="11">{"".join(parts)}</svg>'
    )


def curve_in_words(train: Points, valid: Points) -> str:
    """What the picture shows, for those who cannot see it."""
    named = [(name, points[-1][1]) for name, points in (("train", train), ("valid", valid)) if points]
    return ", ".join(["bits per character", *(f"{name} {bits:.3f}" for name, bits in named)])


def _finite(points: Points) -> Points:
    return [point for point in points if math.isfinite(point[1])]


def _bounds(points: Points, begun: float) -> tuple[float, float]:
    """The lowest and the highest score that are shown, with some room."""
    settled = [bits for characters, bits in points if characters >= begun] or [bits for _, bits in points]
    low, high = min(settled), max(settled)
    room = max(0.02, high - low) * 0.06
    return low - room, high + room


def _axes(scale: _Scale) -> list[str]:
    """Lines across at round scores, and round numbers of characters below."""
    parts = []
    for bits in _ticks(scale.low, scale.high, 4):
        y = scale.y(bits)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{INK}" stroke-opacity=".25"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{bits:.4g}", INK, "end"))
    for characters in _ticks(0, scale.characters, 5):
        parts.append(_text(scale.x(characters), HEIGHT - 6, short(characters), INK, "middle"))
    parts.append(_text(WIDTH - 2, HEIGHT - 6, "characters", INK, "end"))
    return parts


def _ticks(low: float, high: float, many: int) -> list[float]:
    """Round numbers from low to high, about as many as asked for."""
    power = 10.0 ** math.floor(math.log10((high - low) / many))
    step = next(step for factor in (1, 2, 5, 10) if (step := factor * power) * many >= high - low)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]


def _line(scale: _Scale, points: Points, colour: str, width: float) -> str:
    path = "L".join(f"{scale.x(at):.1f} {scale.y(bits):.1f}" for at, bits in _thinned(points))
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>'


def _thinned(points: Points) -> Points:
    """Points evenly among all, with the last one."""
    step = -(-len(points) // MOST)
    return [*points[:-1:step], points[-1]]


def _marks(scale: _Scale, valid: Points) -> list[str]:
    """A dot for each validation, and a ring around the best."""
    dots = [
        f'<circle cx="{scale.x(at):.1f}" cy="{scale.y(bits):.1f}" r="2.6" fill="{VALID}"/>'
        for at, bits in _thinned(valid)
    ]
    at, best = min(valid, key=lambda point: point[1])
    ring = f'<circle cx="{scale.x(at):.1f}" cy="{scale.y(best):.1f}" r="5.5" fill="none" stroke="{VALID}"/>'
    return [*dots, ring]


def _names(scale: _Scale, ends: Sequence[tuple[str, tuple[float, float], str]]) -> list[str]:
    """The name and the newest score of each line at its end, moved so that they do not overlap."""
    placed: list[str] = []
    y = -math.inf
    for name, (at, bits), colour in sorted(ends, key=lambda end: -end[1][1]):
        y = max(scale.y(bits) + 4, y + APART)
        placed.append(_text(min(scale.x(at), WIDTH - RIGHT) + 10, y, f"{name} {bits:.3f}", colour, "start"))
    return placed


def _text(x: float, y: float, text: str, colour: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{text}</text>'
