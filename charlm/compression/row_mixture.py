"""A log-linear mixture over rows of text that are read side by side. Knows no model and no coder.

It is that of evaluation/mixing.py, which reads one row. All rows learn the same weights together.

Shape letters: B rows, M predictors, V symbols.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from charlm.compression.elementary import Floats
from charlm.compression.forecasting import usable
from charlm.evaluation.mixing import RATE, SLOWER


class RowMixture:
    """Begins with weights (M,) that hold after every symbol."""

    def __init__(self, weights: Sequence[float], symbols: int) -> None:
        self.common = np.array(weights, np.float64)
        self.added = np.zeros((symbols, len(weights)))  # by each symbol
        self._read, self._seen = 0, np.zeros(symbols)

    def mix(self, logs: Floats, last: np.ndarray) -> Floats:
        """M log-probabilities (M, B, V) after the symbols `last` (B,) -> the probabilities (B, V) of the mixture."""
        weights = self.common + self.added[last]  # (B, M)
        return usable((weights.T[:, :, None] * logs).sum(axis=0))

    def learn(self, logs: Floats, probabilities: Floats, last: np.ndarray, ids: np.ndarray) -> None:
        """The symbols ids (B,) came, of which `mix` gave these probabilities. The rows are learned from together."""
        at = np.arange(len(ids))
        gradients = (logs[:, at, ids] - (probabilities * logs).sum(axis=2)).T  # (B, M)
        self.common += RATE / (1 + self._read / SLOWER) * gradients.sum(axis=0)
        np.add.at(self.added, last, (RATE / (1 + self._seen[last] / SLOWER))[:, None] * gradients)
        self._read += len(ids)
        np.add.at(self._seen, last, 1)
