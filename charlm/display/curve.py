"""A small learning curve in braille: training as a line, validations as marks. Knows no terminal and no event.

Scores are binned by the progress of the training, so that memory does not grow with its length. Each character cell
holds 2 x 4 dots of the braille block, U+2800 (Unicode, chapter 21.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style

BINS = 512  # over the whole training; a power of two, so that a halved span has whole bins
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # of a cell: [column][row]
BLANK = 0x2800
MARK = "●"
LABEL = 6  # cells left of the curve
START = 0.1  # first share of the curve, which may lie above the top: high first scores would flatten the rest

TRAIN = Style(color="cyan")
VALID = Style(color="yellow", bold=True)
FAINT = Style(dim=True)

Points = list[tuple[float, float]]  # (progress, bits), in order of progress


class Curve:
    """The newest training score and the newest validation score of each bin, in bits per character."""

    def __init__(self) -> None:
        self._train: list[float | None] = [None] * BINS
        self._valid: list[float | None] = [None] * BINS

    def train(self, progress: float, bits: float) -> None:
        """Add the training score after one update."""
        self._train[_bin(progress)] = bits

    def valid(self, progress: float, bits: float) -> None:
        """Add the score of one validation."""
        self._valid[_bin(progress)] = bits

    def points(self) -> tuple[Points, Points]:
        """The training scores and the validation scores so far."""
        return _points(self._train), _points(self._valid)


def draw_curve(curve: Curve, width: int, height: int) -> list[list[Segment]]:
    """The curve as `height` rows of `width` cells, its highest and lowest score at the left; [] without two points.

    It spans the whole training or its first half, quarter ...: the smallest of these that holds all points.
    """
    train, valid = curve.points()
    if len(train) < 2 or width < 12 or height < 2:
        return []
    span = visible_span(train[-1][0])
    columns, rows = 2 * (width - LABEL), 4 * height
    line = _by_column(train, columns / span, columns)
    marks = _by_column(valid, columns / span, columns)
    low, high = _bounds([*line.items(), *marks.items()], START * columns)

    def down(bits: float) -> int:
        return round((high - bits) / (high - low) * (rows - 1))

    cells = [[BLANK] * (columns // 2) for _ in range(height)]
    for column, top, bottom in _strokes({column: down(bits) for column, bits in line.items()}):
        for row in range(max(top, 0), min(bottom, rows - 1) + 1):
            cells[row // 4][column // 2] |= DOTS[column % 2][row % 4]
    marked = {(min(max(down(bits), 0), rows - 1) // 4, column // 2) for column, bits in marks.items()}
    labels = {0: _label(high), height - 1: _label(low)}
    return [
        [
            Segment(f"{labels.get(row, ''):>{LABEL - 1}} ", FAINT),
            *_runs(cells[row], {column for at, column in marked if at == row}),
        ]
        for row in range(height)
    ]


def _label(bits: float) -> str:
    return f"{bits:.2f}" if bits < 99.995 else f"{bits:.0e}"


def _points(bins: Sequence[float | None]) -> Points:
    return [((number + 0.5) / BINS, bits) for number, bits in enumerate(bins) if bits is not None]


def _bin(progress: float) -> int:
    return min(BINS - 1, max(0, int(progress * BINS)))


def visible_span(progress: float) -> float:
    """The share of the training that is drawn when `progress` of it is done: all, a half, a quarter ..., if it fits."""
    span = 1.0
    while span / 2 >= progress and span > 16 / BINS:
        span /= 2
    return span


def _by_column(points: Points, scale: float, columns: int) -> dict[int, float]:
    """The newest of the scores that fall on each column of dots."""
    return {min(columns - 1, int(progress * scale)): bits for progress, bits in points}


def _bounds(scores: list[tuple[int, float]], start: float) -> tuple[float, float]:
    settled = [bits for column, bits in scores if column >= start] or [bits for _, bits in scores]
    low, high = min(settled), max(settled)
    return (low, high) if high - low > 0.02 else (low - 0.01, low + 0.01)


def _strokes(dots: dict[int, int]) -> Iterator[tuple[int, int, int]]:
    """The line through the dots (column: row), as (column, top row, bottom row) for each column it crosses."""
    points = sorted(dots.items())
    before = points[0][1]
    for (left, start), (right, end) in pairwise(points):
        for column in range(left + 1, right + 1):
            here = round(start + (end - start) * (column - left) / (right - left))
            yield column, *((before + 1, here) if here > before else (here, max(here, before - 1)))
            before = here


def _runs(cells: list[int], marks: set[int]) -> Iterator[Segment]:
    """A row as segments, one for each change of style."""
    line = ""
    for column, cell in enumerate(cells):
        if column in marks:
            yield Segment(line, TRAIN)
            yield Segment(MARK, VALID)
            line = ""
        else:
            line += chr(cell) if cell != BLANK else " "
    yield Segment(line.rstrip(), TRAIN)
