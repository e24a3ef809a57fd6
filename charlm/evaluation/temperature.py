"""A temperature for a predictor: its log-probabilities divided by one number. Knows no model and no text.

Above 1, predictions become less certain. The number that suits a text is found by Newton's method: the nats of the text
are a convex function of b = 1 / temperature, with the gradient sum_t [ E(l_t) - l_t(x_t) ] and the second derivative
sum_t Var(l_t), where l_t are the log-probabilities at t, x_t is the symbol, and the moments are under the predictions
at this temperature.

Shape letters: N symbols, V symbols of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from charlm.evaluation.predicting import BLOCK, Predictor
from charlm.model.probabilities import log_softmax

LEAST, MOST = 0.05, 20.0  # of b
TOLERANCE, STEPS = 1e-6, 50
UNUSED = 100  # symbols


class Tempered:
    """A predictor at a temperature."""

    def __init__(self, predictor: Predictor, temperature: float) -> None:
        self._predictor, self.temperature = predictor, temperature

    def read(self, ids: np.ndarray) -> np.ndarray:
        """As in Predictor."""
        return at_temperature(self._predictor.read(ids), self.temperature)


def at_temperature(logs: np.ndarray, temperature: float) -> np.ndarray:
    """Log-probabilities (N, V) at a temperature; at 1 they are what they are."""
    return logs if temperature == 1 else log_softmax(logs / temperature)


def fit_on(predictor: Predictor, ids: np.ndarray, tell: Callable[[int], object] | None = None) -> float:
    """The temperature that suits ids (N,) best; the predictor has read nothing yet. `tell` is told how many are read.

    It needs memory for N V log-probabilities. The first symbols are only read: what stands before them is not known.
    """
    parts = []
    for start in range(0, len(ids), BLOCK):
        parts.append(predictor.read(ids[start : start + BLOCK].astype(np.int64)))
        if tell is not None:
            tell(start + len(parts[-1]))
    first = min(UNUSED, len(ids) // 2)
    return fit_temperature(np.concatenate(parts)[first:], ids[first:].astype(np.int64))


def fit_temperature(logs: np.ndarray, ids: np.ndarray) -> float:
    """The temperature at which ids (N,) have the fewest nats, of log-probabilities (N, V)."""
    taken = logs[np.arange(len(ids)), ids]
    b = 1.0
    for _ in range(STEPS):
        p = np.exp(log_softmax(logs * b))
        mean = (p * logs).sum(axis=1)
        gradient = float((mean - taken).sum())
        curvature = float((p * (logs - mean[:, None]) ** 2).sum())
        if curvature <= 0:  # the predictions are uniform: every temperature is the same
            return 1.0
        # A step may be too long where the function is nearly flat; halving b, or doubling it, is long enough.
        moved = min(max(b - gradient / curvature, b / 2, LEAST), 2 * b, MOST)
        if abs(moved - b) < TOLERANCE:
            return 1 / moved
        b = moved
    return 1 / b
