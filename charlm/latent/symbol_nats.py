"""The nats of symbols under logits, with numpy or torch. Knows no model. Shape letter: V symbols."""

from __future__ import annotations

import numpy as np

from charlm.cells.arrays import Array
from charlm.model.probabilities import target_nats


def symbol_nats(logits: Array, symbols: Array) -> Array:
    """(...) the negative log-likelihood of symbols (...) under logits (..., V), in the dtype of the logits."""
    if isinstance(logits, np.ndarray):
        return target_nats(logits, symbols)
    wide = logits if logits.element_size() == 8 else logits.float()
    return -wide.log_softmax(-1).gather(-1, symbols[..., None])[..., 0]
