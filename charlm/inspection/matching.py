"""Where else in a text the same units are on. Knows no model.

A unit is on where it is above its own 90th percentile. Of the characters that are selected, those units count that are
on through all of them. Another place matches as far as these units are on there, through as many characters. Whether a
unit is on is one bit a character, packed, so that millions of characters are searched at once.

Source of the idea: Strobelt et al., "LSTMVis" (2018).

Shape letters: N characters, U units, K units that are on, M characters of the selection.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from charlm.inspection.recorded_values import Recorded
from charlm.inspection.value_files import values_folder
from charlm.text.cache import write_atomically

ON = 0.9  # the percentile of a unit above which it is on
TRIED = 20_000  # characters from which percentiles are taken
ADDED = 255  # units whose bits are added in bytes


@dataclass(frozen=True, eq=False)
class OnBits:
    """`bits` (U, N / 8): whether each unit is on at each character, packed; `limits` (U,) above which it is."""

    bits: npt.NDArray[np.uint8]
    limits: npt.NDArray[np.float32]
    characters: int

    @classmethod
    def kept(cls, recorded: Recorded) -> OnBits:
        """The same as `of`, from the cache of values if it is there, and kept there from now on if that works."""
        names = "-".join(f"{value.layer}-{value.name}" for value in recorded.values)
        path = values_folder() / f"{recorded.key}-{names}.on"
        units, width = len(recorded.units), -(-len(recorded) // 8)
        with suppress(OSError):
            if recorded.key and path.stat().st_size == units * (width + 4):
                limits = np.fromfile(path, np.float32, units)
                return cls(np.fromfile(path, np.uint8, offset=4 * units).reshape(units, width), limits, len(recorded))
        made = cls.of(recorded)
        with suppress(OSError):
            if recorded.key:
                write_atomically(path, [made.limits.tobytes(), made.bits.tobytes()])
        return made

    @classmethod
    def of(cls, recorded: Recorded) -> OnBits:
        limits = recorded.quantiles(ON, TRIED)
        bits = np.zeros((len(recorded.units), -(-len(recorded) // 8)), np.uint8)
        size = max(8, (1 << 22) // len(recorded.units) // 8 * 8)
        for which, part in recorded.parts(size):
            packed = np.packbits(part > limits, axis=0).T
            bits[:, which.start // 8 : which.start // 8 + packed.shape[1]] = packed
        return cls(bits, limits, len(recorded))

    def units_on(self, first: int, stop: int) -> npt.NDArray[np.int64]:
        """(K,) the columns of the units that are on at each character from `first` to `stop`, the last excluded."""
        begin = first // 8
        part = np.unpackbits(self.bits[:, begin : -(-stop // 8)], axis=1)[:, first - 8 * begin : stop - 8 * begin]
        return np.flatnonzero(part.all(axis=1))

    def counts(self, units: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """(N,) how many of these units (K,) are on at each character."""
        total = np.zeros(self.characters, np.int64)
        for start in range(0, len(units), ADDED):
            sums = np.zeros(self.characters, np.uint8)
            for unit in units[start : start + ADDED]:
                sums += np.unpackbits(self.bits[unit], count=self.characters)
            total += sums
        return total


@dataclass(frozen=True)
class Match:
    """A place (`first` to `stop`, the last excluded) and the share of the units that are on there on average."""

    first: int
    stop: int
    score: float


def find_matches(on: OnBits, units: npt.NDArray[np.int64], first: int, stop: int, most: int) -> list[Match]:
    """The best `most` places of as many characters as the selection, the best first; none overlaps it or another.

    units (K,), K at least 1.
    """
    length = stop - first
    sums = np.concatenate([[0], np.cumsum(on.counts(units))])
    windows = sums[length:] - sums[:-length]
    windows[max(0, first - length + 1) : stop] = -1
    found: list[Match] = []
    chosen = np.argpartition(-windows, min(len(windows) - 1, most * 4 * length))[: most * 4 * length + 1]
    for place in chosen[np.lexsort((chosen, -windows[chosen]))].tolist():
        if len(found) == most or windows[place] <= 0:
            break
        if all(abs(place - other.first) >= length for other in found):
            found.append(Match(place, place + length, float(windows[place]) / (length * len(units))))
    return found
