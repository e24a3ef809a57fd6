"""A layer whose stages are written by hand, as the stream's kernel takes it: what all of them have in common.

Weights are in panels of bfloat16 as those of other layers (stream_layer.py). Knows no torch and no cell by name. Shape
letters: B rows, V symbols, E embedding, H units (padded), U those that do not fill up, I numbers of the layer's input.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np

from charlm.engines.stream_arrays import StreamArrays, projection
from charlm.kernels import StreamLayer, library
from charlm.model.stack import Layer

Arrays = Mapping[str, np.ndarray]


class Shape(NamedTuple):
    """How many numbers a row has: in each part of the state, in `kept`, and in each input of products."""

    parts: tuple[int, ...]
    kept: int
    inputs: dict[int, int]  # by the number of the input


class StreamedByHand:
    """A layer's filled structure, less what differs from call to call."""

    NAME: ClassVar[str]  # what its stages are called in the library
    STAGES: ClassVar[tuple[str, ...]]
    memory: ClassVar[str | None] = None  # no layer above can read what these cells remember

    def __init__(
        self, layer: Layer, weights: Arrays, table: np.ndarray | None, width: int, input_width: int,
        arrays: StreamArrays,
    ) -> None:  # fmt: skip
        """`table` (V, E) are the embeddings if the layer is the lowest; None for others, which read an input."""
        self._units, self._width = layer.hidden_size, width
        self.description = StreamLayer(count=len(self.STAGES), I=input_width, H=width)
        for number, stage in enumerate(self.STAGES):
            function = getattr(library(), f"stream_{self.NAME}_{stage}")
            self.description.stages[number] = ctypes.cast(function, ctypes.c_void_p).value
        for number in range(len(self.description.copied)):
            self.description.copied[number] = -1
        read = layer.cell.step_weights(weights)
        self._shape = self._prepare(layer.cell, read, arrays)
        sums, matrix = projection(layer.cell, read, layer.input_size, table)
        self.description.sums = arrays.keep(np.ascontiguousarray(self._columns(sums)))
        if matrix is not None:
            columns = self._columns(matrix).T
            self.description.x_panels = arrays.pack(np.pad(columns, ((0, 0), (0, input_width - layer.input_size))))

    def _prepare(self, cell: Any, read: Arrays, arrays: StreamArrays) -> Shape:
        """Fill the description with what only this cell has. `read` are the weights of `step_weights`."""
        raise NotImplementedError

    def _columns(self, sums: np.ndarray) -> np.ndarray:
        """The projected input (..., K) with its blocks filled up, as the kernel has it."""
        raise NotImplementedError

    def begin(self, before: Any, rows: int) -> np.ndarray:
        """The parts (B, width) of a layer's state one after the other in one array, a copy."""
        return np.concatenate([np.ravel(part) for part in before], dtype=np.float32)

    def end(self, parts: np.ndarray, like: Any) -> Any:
        """The state of such an array, in the type of another state."""
        return type(like)(*self._divided(parts))

    def _divided(self, parts: np.ndarray) -> list[np.ndarray]:
        rows = len(parts) // sum(self._shape.parts)
        return [part.reshape(rows, -1) for part in np.split(parts, np.cumsum(self._shape.parts)[:-1] * rows)]

    def room(self, rows: int, item: int) -> int:
        """The bytes that a call needs: what is kept, the inputs of products, and the output."""
        return rows * (4 * self._shape.kept + item * (sum(self._shape.inputs.values()) + self._width))

    def place(self, layer: StreamLayer, start: int, rows: int, item: int) -> None:
        """Divide the room that begins at an address."""
        layer.kept = start
        start += 4 * rows * self._shape.kept
        for number, width in self._shape.inputs.items():
            layer.inputs[number] = start
            start += item * rows * width
        layer.output = start

    def point(self, layer: StreamLayer, before: int, after: int, rows: int) -> int | None:
        """Set the states before and after the step; there is no memory that the layer above may read."""
        starts = 4 * rows * np.cumsum([0, *self._shape.parts[:-1]])
        for number, start in enumerate(starts.tolist()):
            layer.states[number], layer.new_states[number] = before + start, after + start
        return None
