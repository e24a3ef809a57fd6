"""The inner values of one layer while a model reads a text: what its cell names, and its output.

Knows no files and no torch. Shape letters: N ids, H hidden.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from charlm.inspection.watching import Inner, watch_layer
from charlm.model.language_model import LanguageModel


def inner_values(model: LanguageModel, ids: np.ndarray, layer: int) -> dict[str, np.ndarray]:
    """The values (N, H) by name after each of ids (N,), N > 0, read from a fresh state. `layer` counts from 1."""
    found: list[Inner] = []

    def watched(each: Any, weights: Any, x: Any, before: Any, below: Any) -> Any:
        inner, result = watch_layer(each, weights, x, before, below)
        found.append({**inner, "output": result[0]})
        return result

    model.forward(ids.astype(np.int64)[:, None], model.fresh_state(1), watched)
    return {name: np.asarray(values)[:, 0] for name, values in found[layer - 1].items()}
