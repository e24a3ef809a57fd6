"""The nats of symbols under logits, with numpy or torch. Knows no model. Shape letter: V symbols."""

from __future__ import annotations

import numpy as np

from charlm.cells.arrays import Array


def symbol_nats(logits: Array, symbols: Array) -> Array:
    """(...) the negative log-likelihood of symbols (...) under logits (..., V), in the dtype of the logits."""
    if isinstance(logits, np.ndarray):
        highest = logits.max(-1, keepdims=True)
        totals = np.log(np.exp(logits - highest).sum(-1)) + highest[..., 0]
        return totals - np.take_along_axis(logits, symbols[..., None], -1)[..., 0]
    wide = logits if logits.element_size() == 8 else logits.float()
    return -wide.log_softmax(-1).gather(-1, symbols[..., None])[..., 0]
