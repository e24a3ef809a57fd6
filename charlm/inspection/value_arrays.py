"""Recorded values as named arrays, to be kept in a file. Knows no paths."""

from __future__ import annotations

import json

import numpy as np

from charlm.inspection.recorded_values import Recorded
from charlm.text.vocabulary import Vocabulary


def value_arrays(recorded: Recorded, ids: np.ndarray, vocabulary: Vocabulary) -> dict[str, np.ndarray]:
    """For each value `layer1_c` (N, H) float16, ids (N,), and `vocabulary`, its symbols as JSON, of which an id is a
    position. Row i has the values after character i was read."""
    named = {
        f"layer{value.layer}_{value.name}": array for value, array in zip(recorded.values, recorded.arrays, strict=True)
    }
    return {"ids": np.asarray(ids), "vocabulary": np.array(json.dumps(vocabulary.symbols)), **named}
