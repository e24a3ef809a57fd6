"""Inner values of a layer while a model reads a short text, by name (value_names.py). Knows no files and no torch.

Shape letters: N ids, U units.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from charlm.inspection.recording import window_values
from charlm.inspection.value_names import Value
from charlm.model.language_model import LanguageModel


def inner_values(model: LanguageModel, ids: np.ndarray, wanted: Sequence[Value]) -> dict[str, np.ndarray]:
    """The values (N, U) of one layer by name after each of ids (N,), N > 0, read from a fresh state."""
    _, _, found = window_values(model, ids.astype(np.int64)[:, None], model.fresh_state(1), wanted)
    return {value.name: values[:, 0] for value, values in zip(wanted, found, strict=True)}
