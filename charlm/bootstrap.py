"""The block bootstrap: a 95 % interval of a mean, from sums over blocks that lie next to each other. Knows no text.

As many blocks as there are, are drawn with replacement, a thousand times; the interval holds the middle 95 % of the
means. Source: Künsch, "The Jackknife and the Bootstrap for General Stationary Observations" (1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DRAWS = 1000
SHARE = 0.95
FEWEST = 10  # blocks; of fewer, the interval would be a guess
SEED = 0  # the same blocks are drawn every time


@dataclass(frozen=True)
class Interval:
    """A mean between `low` and `high` with a probability of 95 %, from `blocks` blocks."""

    low: float
    high: float
    blocks: int


def bootstrap_interval(sums: np.ndarray, counts: np.ndarray) -> Interval | None:
    """The interval of a mean, from the sums (K,) of K blocks and what each has (K,); None if there are under ten."""
    count = len(sums)
    if count < FEWEST:
        return None
    rng = np.random.default_rng(SEED)
    means = np.empty(DRAWS)
    for at in range(DRAWS):
        drawn = rng.integers(0, count, count)
        means[at] = sums[drawn].sum() / counts[drawn].sum()
    low, high = np.quantile(means, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return Interval(float(low), float(high), count)
