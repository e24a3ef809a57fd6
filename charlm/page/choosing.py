"""How large a page will be, and in which form its weights are written. Knows no HTML."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from charlm.errors import UsageError
from charlm.page.rounding import Weights

BYTES: Mapping[Weights, int] = {"float32": 4, "float16": 2, "int8": 1}  # of a number of a matrix
SMALL = 4_000_000  # bytes of weights up to which a page takes float16 by itself
LARGEST = 64_000_000  # bytes of weights that a page may have: a browser has to hold them several times


def choose_weights(parameters: Mapping[str, np.ndarray], wanted: Weights | None) -> Weights:
    """The form that was asked for; otherwise float16, or int8 if float16 makes a large page.

    Raises UsageError for a model that is too large for a page.
    """
    chosen: Weights = wanted or ("float16" if text_bytes(parameters, "float16") <= SMALL else "int8")
    size, smallest = text_bytes(parameters, chosen), text_bytes(parameters, "int8")
    if size <= LARGEST:
        return chosen
    remedy = f"With --weights int8 it has {_megabytes(smallest)}."
    if smallest > LARGEST:
        millions = LARGEST * 3 // 4 // 1_000_000
        remedy = f"It has {_megabytes(smallest)} in int8. Take a smaller model, of at most {millions} million weights."
    raise UsageError(
        f"The model is too large for a page: its weights have {_megabytes(size)}, of at most {_megabytes(LARGEST)}",
        f"--weights {chosen}",
        remedy,
    )


def text_bytes(parameters: Mapping[str, np.ndarray], weights: Weights) -> int:
    """The bytes of the weights in the page, as base64."""
    matrices = sum(value.size for value in parameters.values() if value.ndim == 2)
    others = sum(value.size for value in parameters.values() if value.ndim != 2)
    return (matrices * BYTES[weights] + others * BYTES["float32"]) * 4 // 3


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
