"""From logits to log-probabilities, in numpy. Knows no model. Shape letter: V symbols."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log_softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Logits (..., V), or log-probabilities but for a constant, to log-probabilities (..., V)."""
    found = logits.astype(np.float64)
    found -= found.max(axis=-1, keepdims=True)
    found -= np.log(np.exp(found).sum(axis=-1, keepdims=True))
    return found
