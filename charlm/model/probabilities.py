"""From logits to log-probabilities, and to the nats of symbols, in numpy. Knows no model. Shape letter: V symbols."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Logits (..., V), or log-probabilities but for a constant, to log-probabilities (..., V)."""
    found = logits.astype(np.float64)
    found -= found.max(axis=-1, keepdims=True)
    found -= np.log(np.exp(found).sum(axis=-1, keepdims=True))
    return found


def target_nats(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The negative log-likelihood (...) of targets (...) under logits (..., V), in the precision of the logits."""
    return nats_under(logits, log_totals(logits), targets)


def log_totals(logits: np.ndarray) -> np.ndarray:
    """(...) the logarithm of the sum of the powers of logits (..., V), in their precision."""
    highest = logits.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(logits - highest).sum(axis=-1)) + highest[..., 0])


def nats_under(logits: np.ndarray, totals: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The same as `target_nats` for who has the `log_totals` (...)."""
    return np.asarray(totals - np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0])
