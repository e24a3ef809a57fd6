"""The longest run of symbols that two texts share: what a model could have learnt by heart. Knows no model.

Exact, and without a suffix array: strings are numbered, and equal numbers mean equal strings, so nothing is hashed.

1. Every string of W symbols is one 62-bit number. Positions whose strings the other text does not have are dropped. If
   none are left, the run is shorter than W, and smaller W are tried.
2. Strings of twice the length are pairs of numbers, which are numbered again (Karp, Miller and Rosenberg, 1972). This
   is repeated until no string is shared. Few positions are left after the first rounds.
3. Between the last two lengths, the longest is found by halving: a string of any length up to twice W is two of W that
   overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BITS = 62
CHUNK = 1 << 20  # symbols of a text whose strings are numbered at a time

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SharedRun:
    """A run of `length` symbols that begins at `at` in the text, and at `other` in the other one; 0, 0, 0 for none."""

    length: int
    at: int
    other: int


def longest_shared_run(text: np.ndarray, other: np.ndarray) -> SharedRun:
    """The longest run of symbols that occurs in both, ids (N,) and (M,), and where it does first in the text."""
    if not len(text) or not len(other):
        return SharedRun(0, 0, 0)
    if (at := _find(text, other)) is not None:  # the slowest case below, and a usual one: a part of the other text
        return SharedRun(len(text), 0, at)
    bits = max(1, int(max(text.max(), other.max())).bit_length())
    width = min(BITS // bits, len(text), len(other))
    while width and not (found := _packed(text, other, width, bits)).shared:
        width //= 2
    if not width:
        return SharedRun(0, 0, 0)
    lengths = [found]
    while (longer := lengths[-1].extended(2 * lengths[-1].width)).shared:
        lengths.append(longer)
    longest = lengths[-1]
    low, high = longest.width, 2 * longest.width  # shared, and not shared
    best = longest
    while high - low > 1:
        middle = (low + high) // 2
        if (tried := longest.extended(middle)).shared:
            low, best = middle, tried
        else:
            high = middle
    at = int(best.at[0][0])
    number = best.numbers[0][0]
    return SharedRun(best.width, at, int(best.at[1][np.argmax(best.numbers[1] == number)]))


def _find(text: np.ndarray, other: np.ndarray) -> int | None:
    """Where all of the text is in the other one, if it is."""
    dtype = np.result_type(text, other)
    inside, wanted, size, found = other.astype(dtype).tobytes(), text.astype(dtype).tobytes(), dtype.itemsize, -1
    while (found := inside.find(wanted, found + 1)) % size:  # between two ids; -1 is found as well
        if found < 0:
            break
    return None if found < 0 else found // size


@dataclass(frozen=True)
class _Strings:
    """The strings of `width` symbols that both texts have: where each text has them, in order, and their numbers."""

    width: int
    at: tuple[Numbers, Numbers]
    numbers: tuple[Numbers, Numbers]

    @property
    def shared(self) -> bool:
        return len(self.at[0]) > 0

    def extended(self, width: int) -> _Strings:
        """The strings of a width up to twice this one."""
        parts = [_pairs(at, numbers, width - self.width) for at, numbers in zip(self.at, self.numbers, strict=True)]
        (one, first, second), (other, first_too, second_too) = parts
        firsts, seconds = np.concatenate([first, first_too]), np.concatenate([second, second_too])
        pairs = firsts * (int(seconds.max(initial=0)) + 1) + seconds  # both are below the number of positions
        return _shared(width, (one, other), (pairs[: len(one)], pairs[len(one) :]))


def _pairs(at: Numbers, numbers: Numbers, step: int) -> tuple[Numbers, Numbers, Numbers]:
    """The positions from which a string begins `step` further on as well, with the numbers of both strings."""
    further = np.searchsorted(at, at + step)
    has = further < len(at)
    has[has] = at[further[has]] == at[has] + step
    return at[has], numbers[has], numbers[further[has]]


def _shared(width: int, at: tuple[Numbers, Numbers], keys: tuple[Numbers, Numbers]) -> _Strings:
    """The strings whose keys both texts have, numbered anew from 0 on."""
    found, numbers = np.unique(np.concatenate(keys), return_inverse=True)
    one, other = numbers[: len(keys[0])], numbers[len(keys[0]) :]
    both = np.zeros(len(found), bool)
    both[one] = True
    both &= np.bincount(other, minlength=len(found)) > 0
    kept, kept_too = both[one], both[other]
    return _Strings(width, (at[0][kept], at[1][kept_too]), (one[kept], other[kept_too]))


def _packed(text: np.ndarray, other: np.ndarray, width: int, bits: int) -> _Strings:
    """The strings of so few symbols that each is a number by itself. Of the other text, only chunks are in memory."""
    wanted = np.unique(_keys(text, width, bits))
    positions, keys = [], []
    for start in range(0, len(other) - width + 1, CHUNK):
        chunk = _keys(other[start : start + CHUNK + width - 1], width, bits)
        kept = np.flatnonzero(_among(chunk, wanted))
        positions.append(start + kept)
        keys.append(chunk[kept])
    every = _keys(text, width, bits)
    return _shared(width, (np.arange(len(every)), np.concatenate(positions)), (every, np.concatenate(keys)))


def _keys(ids: np.ndarray, width: int, bits: int) -> Numbers:
    """(N - width + 1,) the string that begins at each position, as a number: its ids, `bits` bits each."""
    count = len(ids) - width + 1
    keys = np.zeros(count, np.int64)
    for step in range(width):
        keys <<= bits
        keys |= ids[step : step + count]
    return keys


def _among(keys: Numbers, wanted: Numbers) -> npt.NDArray[np.bool_]:
    """Whether each key is one of the wanted ones, which are sorted."""
    if not len(wanted):
        return np.zeros(len(keys), bool)
    at = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
    return np.asarray(wanted[at] == keys)
