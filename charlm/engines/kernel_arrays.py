"""Arrays as the kernels read them, of numpy or of torch, and weights in blocks that are filled up to a width.

Knows no torch and no autograd. Shape letters: P products that read one input, H units of a filled block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from charlm.cells.arrays import Array
from charlm.graphs.layout import Reading, matrix_block, vector_block
from charlm.graphs.stages import KernelPlan

Make = Callable[[tuple[int, ...]], Array]


@dataclass(frozen=True)
class ArrayType:
    """How a library's arrays are made, uninitialized, and where they are in memory."""

    products: Make  # in the number type of the products' inputs
    sums: Make  # in that of sums and states, which weights have before they are packed
    address: Callable[[Array], int]
    same: bool  # the two number types are one


NUMPY = ArrayType(
    products=lambda shape: np.empty(shape, np.float32),
    sums=lambda shape: np.empty(shape, np.float32),
    address=lambda array: int(array.ctypes.data),
    same=True,
)


def padded(array: np.ndarray, blocks: int, units: int, width: int) -> np.ndarray:
    """The last axis (blocks * units) with each block filled up with zeros to the width, float32."""
    if units == width:
        return np.asarray(array, np.float32)
    split = np.asarray(array, np.float32).reshape(*array.shape[:-1], blocks, units)
    return np.pad(split, [(0, 0)] * (split.ndim - 1) + [(0, width - units)]).reshape(*array.shape[:-1], blocks * width)


def padded_matrix(weights: Mapping[str, Array], reading: Reading, units: int, width: int, arrays: ArrayType) -> Array:
    """The blocks of weights that read one input, (P H, H)."""
    whole = _room((len(reading.entries) * width, width), units < width, arrays)
    for number, entry in enumerate(reading.entries):
        whole[number * width : number * width + units, :units] = matrix_block(weights, entry, units)
    return whole


def padded_vectors(weights: Mapping[str, Array], plan: KernelPlan, units: int, width: int, arrays: ArrayType) -> Array:
    """The blocks of weights with one axis that a step reads, (blocks, H)."""
    whole = _room((len(plan.vectors), width), units < width, arrays)
    for number, each in enumerate(plan.vectors):
        whole[number, :units] = vector_block(weights, each, units)
    return whole


def _room(shape: tuple[int, ...], filled: bool, arrays: ArrayType) -> Array:
    room = arrays.sums(shape)
    if filled:
        room[...] = 0
    return room
