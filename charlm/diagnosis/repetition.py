"""Passages of the validation text that also occur in the training text. Knows ids only, no characters.

A model that read them in training scores them too well. Each window of WINDOW symbols is hashed to 64 bits, as a
polynomial modulo 2^64 (Karp and Rabin 1987), built by doubling; two different windows share a hash once in about 10^19
pairs. Shape letters: N ids, W windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.text.cache import CHUNK_LENGTH

WINDOW = 50  # symbols: longer than what a text repeats by chance
MOST_VALID = 2_000_000  # symbols of the validation text that are compared ...
MOST_TRAIN = 50_000_000  # ... with so many of the training text, to take seconds and not minutes
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, with well-mixed bits

Ids = npt.NDArray[Any]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Passage:
    """`length` symbols at offset `valid` of the validation text; they begin at `train` of the training text."""

    valid: int
    train: int
    length: int


@dataclass(frozen=True)
class Repetition:
    """How many windows were compared, how many of them occur in the training text, and the passages that these form."""

    windows: int
    repeated: int
    passages: tuple[Passage, ...]  # in order; neighbouring windows are joined

    @property
    def share(self) -> float:
        """The share of the windows that are repeated; 0 if there are no windows."""
        return self.repeated / self.windows if self.windows else 0.0


def find_repetition(train: Ids, valid: Ids, window: int = WINDOW) -> Repetition:
    """Which windows of `valid` (N,) occur in `train`. Takes seconds for tens of millions of symbols."""
    valid, train = valid[:MOST_VALID], train[:MOST_TRAIN]
    if len(valid) < window or len(train) < window:
        return Repetition(max(0, len(valid) - window + 1), 0, ())
    known, which = np.unique(window_hashes(valid, window), return_inverse=True)
    first = np.full(len(known), -1, np.int64)  # where each occurs in the training text, -1 for nowhere
    for start in range(0, len(train) - window + 1, CHUNK_LENGTH):
        hashes = window_hashes(train[start : start + CHUNK_LENGTH + window - 1], window)
        places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        hits = np.flatnonzero(known[places] == hashes)
        new, at = np.unique(places[hits], return_index=True)  # the first of each
        first[new] = np.where(first[new] < 0, start + hits[at], first[new])
    found = first[which]
    return Repetition(len(found), int((found >= 0).sum()), _passages(found, window))


def window_hashes(ids: Ids, window: int) -> Hashes:
    """(N - window + 1,) a hash of each stretch of `window` ids."""
    if window == 1:
        return (ids.astype(np.uint64) + np.uint64(1)) * FACTOR
    half = window // 2
    parts = window_hashes(ids, half)
    joined = parts[: len(parts) - half] * _power(half) + parts[half:]
    if window % 2:
        joined = joined[:-1] * FACTOR + window_hashes(ids[2 * half :], 1)
    return joined


def _power(exponent: int) -> np.uint64:
    return np.uint64(pow(int(FACTOR), exponent, 2**64))


def _passages(found: npt.NDArray[np.int64], window: int) -> tuple[Passage, ...]:
    """Runs of repeated windows; `found` (W,) is where each occurs in the training text, or -1."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], found >= 0, [False]]).astype(np.int8)))
    return tuple(
        Passage(int(begin), int(found[begin]), int(end - begin) + window - 1)
        for begin, end in edges.reshape(-1, 2).tolist()
    )
