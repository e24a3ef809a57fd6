"""All inner values of one layer while a model reads a text, by the names that they have everywhere (value_names.py).

Knows no files and no torch. Shape letters: N ids, H hidden.
"""

from __future__ import annotations

import numpy as np

from charlm.inspection.recording import window_values
from charlm.inspection.value_names import Value, value_names
from charlm.model.language_model import LanguageModel


def inner_values(model: LanguageModel, ids: np.ndarray, layer: int) -> dict[str, np.ndarray]:
    """The values (N, H) by name after each of ids (N,), N > 0, read from a fresh state. `layer` counts from 1."""
    read = model.layers[layer - 1]
    wanted = [Value(layer, name, read.hidden_size) for name in value_names(read)]
    _, _, found = window_values(model, ids.astype(np.int64)[:, None], model.fresh_state(1), wanted)
    return {value.name: values[:, 0] for value, values in zip(wanted, found, strict=True)}
