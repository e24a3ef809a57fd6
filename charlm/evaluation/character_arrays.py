"""Scores of characters as arrays in a file for numpy. Knows no paths."""

from __future__ import annotations

import json
from typing import BinaryIO

import numpy as np

from charlm.evaluation.characters import CharacterScores


def save_arrays(file: BinaryIO, found: CharacterScores) -> None:
    """Write an .npz, which numpy.load opens: nats (N,), NaN where nothing is scored; ids (N,); `vocabulary`, its
    symbols as JSON, of which an id is a position."""
    symbols = json.dumps(found.vocabulary.symbols)
    np.savez_compressed(file, nats=found.nats, ids=np.asarray(found.ids), vocabulary=np.array(symbols))
