"""Layers whose heads have a matrix for a memory, as the stream's kernel takes them (kernels/stream_heads.h).

Knows no torch. Shape letters: B rows, H units (padded), U those that do not fill up, N heads of D units.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from charlm.cells.gated_delta import WIDTH, GatedDelta
from charlm.cells.heads import head_count
from charlm.cells.matrix_lstm import MatrixLSTM
from charlm.engines.kernel_arrays import padded
from charlm.engines.stream_arrays import StreamArrays, padding_step
from charlm.engines.stream_by_hand import Arrays, Shape, StreamedByHand


class StreamedMatrix(StreamedByHand):
    """A layer of a matrix_lstm."""

    NAME = "matrix"
    STAGES = ("sums", "heads", "output")

    def _prepare(self, cell: Any, read: Arrays, arrays: StreamArrays) -> Shape:
        self._heads = head_count(self._units, cell.heads)
        self._numbers = 2 * self._heads + -2 * self._heads % padding_step()  # columns of the heads' numbers
        self.description.heads, self.description.size = self._heads, self._units // self._heads
        vectors = [np.ravel(each) for each in self._vectors(cell, read)]
        if vectors:
            self.description.vectors = arrays.keep(np.concatenate(vectors, dtype=np.float32))
        parts = self._widths(self._units * self._units // self._heads)
        return Shape(parts, kept=5 * self._width + self._numbers, inputs={0: self._width})

    def _columns(self, sums: np.ndarray) -> np.ndarray:
        """(..., 4 U + 2 N) with each of the four blocks, and then the numbers of the heads, filled up with zeros."""
        blocks, numbers = sums[..., : 4 * self._units], sums[..., 4 * self._units :]
        return np.concatenate(
            [padded(blocks, 4, self._units, self._width), padded(numbers, 1, 2 * self._heads, self._numbers)], -1
        )

    def _vectors(self, cell: MatrixLSTM, read: Arrays) -> list[np.ndarray]:
        """The weights with one axis, in the order in which the kernel has them."""
        return [] if cell.plain else [read["scale"]]

    def _widths(self, memory: int) -> tuple[int, ...]:
        """The numbers that each part of the state has in a row; those of all matrices are given."""
        return memory, self._units, self._heads


class StreamedDelta(StreamedMatrix):
    """A layer of a gated_delta, whose outputs are multiplied once more, and which keeps the inputs of its convolution:
    the kernel has these as (WIDTH - 1, B, 3 H), the state as (B, (WIDTH - 1) 3 U)."""

    NAME = "delta"

    def _prepare(self, cell: GatedDelta, read: Arrays, arrays: StreamArrays) -> Shape:
        missing = self._width - self._units
        self.description.panels[0] = arrays.pack(np.pad(read["weight_out"], ((0, missing), (0, missing))))
        return super()._prepare(cell, read, arrays)

    def _vectors(self, cell: Any, read: Arrays) -> list[np.ndarray]:
        conv = padded(read["conv"], 3, self._units, self._width)
        largest = np.full(self._heads, 2.0 if cell.negative else 1.0)
        return [conv, padded(read["scale"], 1, self._units, self._width), read["rate"], read["bias"], largest]

    def _widths(self, memory: int) -> tuple[int, ...]:
        return memory, (WIDTH - 1) * 3 * self._width

    def begin(self, before: Any, rows: int) -> np.ndarray:
        past = padded(before.past, (WIDTH - 1) * 3, self._units, self._width)
        return super().begin((before.S, past.reshape(rows, WIDTH - 1, -1).swapaxes(0, 1)), rows)

    def end(self, parts: np.ndarray, like: Any) -> Any:
        memory, past = self._divided(parts)
        inputs = past.reshape(WIDTH - 1, -1, 3, self._width)[..., : self._units]
        return type(like)(memory, inputs.swapaxes(0, 1).reshape(len(memory), -1))
