"""The arrays that the stream's kernel is given the addresses of, and its number type. Knows no layer and no torch.

Shape letters: B rows, V symbols, H hidden, I numbers of a layer's input, K columns of projected input.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np

from charlm.cells.cell import Cell
from charlm.kernels import library


class StreamArrays:
    """What a stepper keeps as long as it lives: weights in panels of bfloat16, and vectors of floats."""

    def __init__(self, kernel: ctypes.CDLL) -> None:
        self._kernel = kernel
        self._kept: list[np.ndarray] = []

    def pack(self, matrix: np.ndarray) -> int:
        """The address of a copy of a matrix (columns, I) in the layout that the kernel reads."""
        matrix = np.ascontiguousarray(matrix, np.float32)
        packed = np.empty(matrix.size // 2, np.uint32)
        self._kernel.stream_pack(matrix.ctypes.data, address(packed), *matrix.shape)
        return self.keep(packed)

    def keep(self, array: np.ndarray) -> int:
        """The address of an array, which is kept."""
        self._kept.append(array)
        return int(array.ctypes.data)

    def numbers(self) -> int:
        """How many numbers are kept; a pair of bfloat16 counts as one."""
        return sum(array.size for array in self._kept)


def padding_step() -> int:
    """The units of a layer are padded with units of zeros to a multiple of this."""
    kernel = library()
    assert kernel is not None
    return 4 * int(kernel.vector_width())


def projection(
    cell: Cell, weights: Mapping[str, np.ndarray], input_size: int, table: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """What a layer's sums begin with: (V, K) for the embeddings (V, E) that the lowest layer reads, and None; for other
    layers (1, K), and the matrix (I, K) that the input is multiplied with. `weights` are those of `step_weights`."""
    if table is not None:
        return cell.project(weights, table), None
    sums = cell.project(weights, np.zeros((1, input_size), np.float32))
    return sums, cell.project(weights, np.eye(input_size, dtype=np.float32)) - sums  # linear but for its bias


def address(array: Any) -> int:
    """The address of an array, in a third of the time that `array.ctypes.data` takes."""
    return ctypes.addressof(ctypes.c_char.from_buffer(array))


def to_kernel(x: np.ndarray, width: int, item: int) -> np.ndarray:
    """x (B, H) as the kernel's products read it: filled up with zeros to a width, in numbers of `item` bytes.

    Numbers of two bytes are bfloat16: the upper halves of floats, rounded to nearest, ties to even.
    """
    filled = np.zeros((len(x), width), np.float32)
    filled[:, : x.shape[1]] = x
    if item == 4:
        return filled
    bits = filled.view(np.uint32)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return np.where(np.isnan(filled), np.uint16(0x7FC0), rounded)


def from_kernel(x: np.ndarray) -> np.ndarray:
    """Numbers of the kernel as float32."""
    return x if x.dtype == np.float32 else (x.astype(np.uint32) << 16).view(np.float32)
