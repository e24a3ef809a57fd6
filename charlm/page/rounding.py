"""Weights in fewer bits, and back. What was rounded once stays as it is: the grids are made so.

`float16` rounds each number, `int8` to a multiple of its row's scale: the largest of the row is 127 of them. A scale
has few enough digits that all its multiples are exact in float32. `float32` rounds nothing. Only matrices are rounded:
biases are few, and cost more. Knows no model and no page. Shape letters: R rows, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Weights = Literal["float32", "float16", "int8"]
Matrix = NDArray[np.float32]

MOST = 127  # of an int8
SCALE_DIGITS = 16  # bits of a scale: with the 7 of an int8, not more than float32 has
LARGEST_HALF = 65504.0


def rounded(parameters: Mapping[str, np.ndarray], weights: Weights) -> dict[str, np.ndarray]:
    """All arrays, float32; those with two axes hold what their rounded form means."""
    return {name: round_matrix(value, weights) if value.ndim == 2 else value for name, value in parameters.items()}


def round_matrix(matrix: Matrix, weights: Weights) -> Matrix:
    """(R, C) as it is after it was written and read. A matrix beyond the range of float16 is left as it is."""
    return decode(encode(matrix, weights), matrix.shape, weights) if can_hold(matrix, weights) else matrix


def can_hold(matrix: Matrix, weights: Weights) -> bool:
    return weights != "float16" or not matrix.size or float(np.abs(matrix).max()) <= LARGEST_HALF


def encode(matrix: Matrix, weights: Weights) -> bytes:
    """(R, C) as bytes, little-endian. int8 has the scale of each row first, float32, and then the rows."""
    match weights:
        case "float32":
            return matrix.astype("<f4").tobytes()
        case "float16":
            return matrix.astype("<f2").tobytes()
        case "int8":
            scales = _scales(matrix)
            steps = np.rint(matrix.astype(np.float64) / scales[:, None]).astype(np.int8)
            return scales.astype("<f4").tobytes() + steps.tobytes()


def decode(content: bytes, shape: tuple[int, ...], weights: Weights) -> Matrix:
    """What `encode` wrote, as float32."""
    match weights:
        case "float32":
            return np.frombuffer(content, "<f4").reshape(shape).astype(np.float32)
        case "float16":
            return np.frombuffer(content, "<f2").reshape(shape).astype(np.float32)
        case "int8":
            scales = np.frombuffer(content, "<f4", shape[0])
            steps = np.frombuffer(content, np.int8, offset=4 * shape[0]).reshape(shape)
            return (steps * scales[:, None].astype(np.float64)).astype(np.float32)


def _scales(matrix: Matrix) -> NDArray[np.float64]:
    """(R,) a 127th of each row's largest number, or a little more; 1 for a row of zeros."""
    largest = np.abs(matrix).max(axis=1, initial=0).astype(np.float64) / MOST
    digits, exponent = np.frexp(largest)
    scales = np.ldexp(np.ceil(np.ldexp(digits, SCALE_DIGITS)), exponent - SCALE_DIGITS)
    return np.where(largest > 0, np.maximum(scales, np.finfo(np.float32).tiny), 1.0)
