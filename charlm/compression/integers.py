"""From probabilities to the integers that the range coder works with. Knows no model.

The one rule, for S symbols with probabilities p in float64, and T = 2^24:

    f = floor(p (T - S)) + 1        for each symbol
    f = f + T - sum of all f        for the likeliest one, the first of them if there are several

So each symbol can be coded, and the frequencies f add up to T. Shape letters: B rows, S symbols.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

TOTAL = 2**24
Weights = npt.NDArray[np.float32]


def weights_of(probabilities: npt.NDArray[np.float64]) -> Weights:
    """Probabilities (B, S), 2 <= S < T / 2, to the frequencies less 1, (B, S): whole numbers that float32 holds."""
    rows, symbols = probabilities.shape
    weights = np.floor(probabilities * (TOTAL - symbols))
    missing = TOTAL - symbols - weights.sum(axis=-1)  # of whole numbers, so exact in any order
    weights[np.arange(rows), probabilities.argmax(axis=-1)] += missing
    return np.asarray(weights, np.float32)
