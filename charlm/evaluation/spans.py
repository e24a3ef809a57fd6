"""The spans of a text that surprise most: disjoint segments with the largest sums of bits beyond a level.

The level is the mean of the text and a margin. Among all segments, one has the largest sum of what is beyond it: it
begins and ends with characters above the level, and no shorter or longer one around it has a larger sum. The next one
is the best of what is left, and so on. All are found in one pass (Ruzzo and Tompa, "A Linear Time Algorithm for Finding
All Maximal Scoring Subsequences", 1999).

With a margin of 0 the spans are whole chapters: half of a text is above its mean, and the sum over a chapter that is a
little harder than the others is larger than that over any sentence. A margin of 1 bit finds phrases. Shape letter: N
characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MARGIN = 1.0  # bits


@dataclass(frozen=True)
class Span:
    """Characters from `start` to before `stop`, and their bits beyond the level."""

    start: int
    stop: int
    excess: float


def worst_spans(bits: npt.NDArray[np.floating[Any]], count: int, margin: float = MARGIN) -> list[Span]:
    """At most `count` spans of characters with these bits (N,), the worst first; NaN is at the level."""
    level = float(np.nanmean(bits, dtype=np.float64)) + margin if np.isfinite(bits).any() else 0.0
    spans = maximal_spans(np.where(np.isnan(bits), 0.0, bits.astype(np.float64) - level))
    return sorted(spans, key=lambda span: (-span.excess, span.start))[:count]


def maximal_spans(values: npt.NDArray[np.float64]) -> list[Span]:
    """All maximal segments of values (N,) with a positive sum, in the order of the text."""
    if not len(values):
        return []
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values > 0)) + 1])
    sums, stops = np.add.reduceat(values, starts), np.append(starts[1:], len(values))
    # Each candidate: its start and stop, the sum of all values before it and of all up to its end, and the number of
    # the last candidate before it that has a smaller sum before it. Those between the two need not be looked at.
    candidates: list[tuple[int, int, float, float, int]] = []
    total = 0.0
    for start, stop, value in zip(starts.tolist(), stops.tolist(), sums.tolist(), strict=True):
        before, total = total, total + value
        if value <= 0:
            continue
        while True:
            lower = len(candidates) - 1
            while lower >= 0 and candidates[lower][2] >= before:
                lower = candidates[lower][4]
            if lower < 0 or candidates[lower][3] >= total:
                break
            start, before = candidates[lower][0], candidates[lower][2]  # joined, the two have the larger sum
            del candidates[lower:]
        candidates.append((start, stop, before, total, lower))
    return [Span(start, stop, after - before) for start, stop, before, after, _ in candidates]
