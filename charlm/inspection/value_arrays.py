"""Recorded values as arrays in a file for numpy. Knows no paths."""

from __future__ import annotations

import json
from typing import BinaryIO

import numpy as np

from charlm.inspection.recorded_values import Recorded
from charlm.text.vocabulary import Vocabulary


def save_values(file: BinaryIO, recorded: Recorded, ids: np.ndarray, vocabulary: Vocabulary) -> None:
    """Write an .npz, which numpy.load opens: for each value `layer1_c` (N, H) float16, ids (N,), and `vocabulary`, its
    symbols as JSON, of which an id is a position. Row i has the values after character i was read."""
    arrays = {
        f"layer{value.layer}_{value.name}": array for value, array in zip(recorded.values, recorded.arrays, strict=True)
    }
    symbols = np.array(json.dumps(vocabulary.symbols))
    np.savez(file, allow_pickle=False, ids=np.asarray(ids), vocabulary=symbols, **arrays)
