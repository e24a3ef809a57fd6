"""Weights and arrays of numpy as the kernels read them: in blocks that are filled up to a width. Knows no torch.

Shape letters: P products that read one input, H units of a filled block.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from charlm.graphs.layout import Reading, matrix_block, vector_block
from charlm.graphs.stages import KernelPlan


def padded(array: np.ndarray, blocks: int, units: int, width: int) -> np.ndarray:
    """The last axis (blocks * units) with each block filled up with zeros to the width, float32."""
    if units == width:
        return np.asarray(array, np.float32)
    split = np.asarray(array, np.float32).reshape(*array.shape[:-1], blocks, units)
    return np.pad(split, [(0, 0)] * (split.ndim - 1) + [(0, width - units)]).reshape(*array.shape[:-1], blocks * width)


def padded_matrix(weights: Mapping[str, np.ndarray], reading: Reading, units: int, width: int) -> np.ndarray:
    """The blocks of weights that read one input, (P H, H) float32."""
    missing = ((0, width - units), (0, width - units))
    blocks = [np.pad(matrix_block(weights, entry, units), missing) for entry in reading.entries]
    return np.ascontiguousarray(np.concatenate(blocks), np.float32)


def padded_vectors(weights: Mapping[str, np.ndarray], plan: KernelPlan, units: int, width: int) -> np.ndarray:
    """The blocks of weights with one axis that a step reads, one after the other, float32. There is at least one."""
    blocks = [vector_block(weights, each, units) for each in plan.vectors]
    return padded(np.concatenate(blocks), len(blocks), units, width)
