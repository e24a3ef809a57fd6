"""Values of a unit as colours and marks: from blue, below nothing, to orange. Knows no model and no text.

A unit's scale is its own: the strongest colour is for values at its 98th percentile and beyond. A gate is open or
closed, so for a gate nothing is a half. Shape letters: N characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

STEPS = 4  # of colour, on each side of nothing
SHADES = " ░▒▓█"  # of shares, from none to all
BACKGROUNDS = {-4: 69, -3: 111, -2: 153, -1: 195, 0: 0, 1: 230, 2: 223, 3: 215, 4: 208}  # of a terminal's 256 colours
MARKS = {-4: "d", -3: "c", -2: "b", -1: "a", 0: " ", 1: "1", 2: "2", 3: "3", 4: "4"}  # without colours
BARS = " ▁▂▃▄▅▆▇█"
HIGHEST = 98.0  # percentile


@dataclass(frozen=True)
class Scale:
    """The value that has no colour, and how far from it the strongest one begins."""

    middle: float
    spread: float

    @classmethod
    def of(cls, values: npt.NDArray[np.floating[Any]], is_gate: bool) -> Scale:
        """For values (N,) of a unit."""
        if is_gate:
            return cls(0.5, 0.5)
        return cls(0.0, max(float(np.percentile(np.abs(values), HIGHEST)), 1e-6))

    def shares(self, values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
        """Values (N,) from -1 to 1, as far as colours go."""
        return np.clip((np.asarray(values, np.float64) - self.middle) / self.spread, -1, 1)

    def steps(self, values: npt.NDArray[np.floating[Any]]) -> list[int]:
        """The step of colour of each value (N,)."""
        found: list[int] = np.rint(self.shares(values) * STEPS).astype(int).tolist()
        return found

    def bars(self, values: npt.NDArray[np.floating[Any]]) -> str:
        """A trace of values (N,), a character each."""
        heights = np.rint((self.shares(values) + 1) / 2 * (len(BARS) - 2)).astype(int) + 1
        return "".join(BARS[height] for height in heights.tolist())

    def limits(self) -> tuple[float, float]:
        """The values at which the strongest colours begin."""
        return self.middle - self.spread, self.middle + self.spread
