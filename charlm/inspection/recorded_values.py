"""Recorded values of a text: float16 arrays in files, read in parts. Knows no model and no cache.

Row i of an array has the values after the model read character i: those from which it predicts the one after it.

Shape letters: N characters, H hidden, U units of all layers together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.inspection.value_names import Unit, Value

Floats = npt.NDArray[np.float32]
SAMPLE = 200_000  # characters from which moments are taken
PART = 1 << 22  # numbers that a pass over the values holds


@dataclass(frozen=True, eq=False)
class Recorded:
    """`arrays` (N, H) float16, one for each value, often memory-mapped; `key` is what they are kept under."""

    values: tuple[Value, ...]
    arrays: tuple[npt.NDArray[np.float16], ...]
    key: str = ""

    def __len__(self) -> int:
        return len(self.arrays[0])

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """(U,) the units of all layers, in the order of the columns of `rows`."""
        return tuple(Unit(value.layer, number) for value in self.values for number in range(value.units))

    def column(self, unit: Unit) -> Floats:
        """(N,) one unit's values."""
        number = next(n for n, value in enumerate(self.values) if value.layer == unit.layer)
        return self.arrays[number][:, unit.number].astype(np.float32)

    def at(self, unit: Unit, places: npt.NDArray[np.int64]) -> Floats:
        """(M,) one unit's values at some characters (M,)."""
        number = next(n for n, value in enumerate(self.values) if value.layer == unit.layer)
        return np.asarray(self.arrays[number][places, unit.number], np.float32)

    def rows(self, which: Any) -> Floats:
        """(M, U) all units' values of some characters, given by a slice or by their numbers."""
        return np.concatenate([array[which].astype(np.float32) for array in self.arrays], axis=1)

    def parts(self, size: int | None = None) -> Iterator[tuple[slice, Floats]]:
        """All rows in parts (M, U) of at most `size` characters, of some megabytes by default."""
        size = size or max(1, PART // len(self.units))
        for start in range(0, len(self), size):
            which = slice(start, min(start + size, len(self)))
            yield which, self.rows(which)

    @cached_property
    def moments(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation of each unit (U,), summed in float64; of a text of more than 200,000 characters,
        from as many that are spread evenly over it."""
        total = np.zeros(len(self.units))
        squares = np.zeros(len(self.units))
        which = np.unique(np.linspace(0, len(self) - 1, min(SAMPLE, len(self))).astype(np.int64))
        size = max(1, PART // len(self.units))
        for start in range(0, len(which), size):
            part = self.rows(which[start : start + size])
            total += part.sum(axis=0, dtype=np.float64)
            squares += np.einsum("nu,nu->u", part, part, dtype=np.float64)
        mean = total / len(which)
        return mean.astype(np.float32), np.sqrt(np.maximum(squares / len(which) - mean**2, 0)).astype(np.float32)

    def quantiles(self, share: float, most: int = 20_000) -> Floats:
        """(U,) each unit's quantile, from `most` characters spread evenly over the text."""
        rows = self.rows(np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).astype(np.int64)))
        return np.asarray(np.quantile(rows, share, axis=0), np.float32)
