"""One layer of a stack as the stream's kernel takes it: its weights in bfloat16 panels, and where a call's arrays lie.

Widths are padded to what the kernel multiplies at once, with units whose weights are zero. Knows no torch. Shape
letters: B rows, V symbols, H units (padded), I numbers of the layer's input, K blocks of projected input, P products of
an input.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np

from charlm.cells.cell import Cell
from charlm.cells.gated_delta import GatedDelta
from charlm.cells.matrix_lstm import MatrixLSTM
from charlm.cells.ntm import NTM
from charlm.engines.kernel_arrays import NUMPY, padded, padded_matrix, padded_vectors
from charlm.engines.own_library import library_for
from charlm.engines.stream_arrays import StreamArrays, padding_step, projection
from charlm.engines.stream_by_hand import StreamedByHand
from charlm.engines.stream_heads import StreamedDelta, StreamedMatrix
from charlm.engines.stream_places import StreamedPlaces
from charlm.graphs.derived import kernel_name
from charlm.graphs.padding import may_be_padded
from charlm.graphs.stages import KernelPlan, plan_of_cell
from charlm.kernels import StreamLayer, library
from charlm.model.stack import Layer

# Cells with stages written by hand. A subclass of such a cell may have another step.
BY_HAND: dict[type[Cell], type[StreamedByHand]] = {
    MatrixLSTM: StreamedMatrix,
    GatedDelta: StreamedDelta,
    NTM: StreamedPlaces,
}


def can_run_layer(layer: Layer) -> bool:
    """Whether the stages of the layer's step are compiled here."""
    kernel = library()
    if kernel is None:
        return False
    if type(layer.cell) in BY_HAND:
        return True
    plan = plan_of_cell(layer.cell, layer.reads_below)
    if plan is None:
        return False
    if layer.hidden_size % padding_step() and not may_be_padded(plan.gradient):
        return False
    own = library_for(layer.cell, layer.reads_below)
    return all(hasattr(own, name) for name in _stage_names(plan, kernel))


def _stage_names(plan: KernelPlan, kernel: ctypes.CDLL) -> list[str]:
    """The functions of the stages in the library, which end in the number type of the products."""
    ending = "bf16" if kernel.stream_input_bytes() == 2 else "mixed"
    return [f"{kernel_name(plan.graph)}_stream_{number}_{ending}" for number in range(len(plan.stream))]


class StreamedLayer:
    """A layer's plan and its filled structure, less what differs from call to call."""

    def __init__(
        self, layer: Layer, weights: Mapping[str, np.ndarray], table: np.ndarray | None, width: int, input_width: int,
        arrays: StreamArrays,
    ) -> None:  # fmt: skip
        """For a layer that `can_run_layer` accepts. `table` (V, E) are the embeddings if the layer is the lowest; None
        for others, which read an input."""
        plan, H = plan_of_cell(layer.cell, layer.reads_below), layer.hidden_size
        kernel, own = library(), library_for(layer.cell, layer.reads_below)
        assert plan is not None
        assert kernel is not None
        self.plan, self._units, self._width = plan, H, width
        self.memory = plan.graph.memory  # the part of the state that the layer above may read
        read = layer.cell.step_weights(weights)
        blocks = plan.graph.projected
        self.description = StreamLayer(count=len(plan.stream), I=input_width, H=width, K=blocks)
        for number, name in enumerate(_stage_names(plan, kernel)):
            self.description.stages[number] = ctypes.cast(getattr(own, name), ctypes.c_void_p).value
        sums, matrix = projection(layer.cell, read, layer.input_size, table)
        self.description.sums = arrays.keep(np.ascontiguousarray(padded(sums, blocks, H, width)))
        if matrix is not None:
            columns = padded(matrix, blocks, H, width).T
            self.description.x_panels = arrays.pack(np.pad(columns, ((0, 0), (0, input_width - layer.input_size))))
        for number, reading in enumerate(plan.readings):
            self.description.panels[number] = arrays.pack(padded_matrix(read, reading, H, width, NUMPY))
            field = str(reading.source.key[0]) if reading.source.op == "state" else None
            self.description.copied[number] = -1 if field is None else plan.fields.index(field)
        if plan.vectors:
            self.description.vectors = arrays.keep(padded_vectors(read, plan, H, width, NUMPY))

    def begin(self, before: Any, rows: int) -> np.ndarray:
        """The parts of a layer's state (B, units) as one array (parts, B, H), a copy."""
        if self._units == self._width:
            return np.array(before, np.float32)
        parts = np.zeros((len(before), rows, self._width), np.float32)
        for part, given in zip(parts, before, strict=True):
            part[:, : self._units] = given
        return parts

    def end(self, parts: np.ndarray, like: Any) -> Any:
        """The state of such an array, in the type of another state."""
        return type(like)(*parts[:, :, : self._units])

    def room(self, rows: int, item: int) -> int:
        """The bytes that a call needs: the inputs of products, the output, and what is kept for later stages."""
        return rows * self._width * (item * (len(self.plan.readings) + 1) + 4 * len(self.plan.crossing))

    def place(self, layer: StreamLayer, start: int, rows: int, item: int) -> None:
        """Divide the room that begins at an address."""
        size = rows * self._width * item
        for number in range(len(self.plan.readings)):
            layer.inputs[number] = start + number * size
        layer.output = start + len(self.plan.readings) * size
        layer.kept = layer.output + size

    def point(self, layer: StreamLayer, before: int, after: int, rows: int) -> int | None:
        """Set the states before and after the step; gives the address of the memory that the layer above may read."""
        size, memory = 4 * rows * self._width, None
        for number, field in enumerate(self.plan.fields):
            layer.states[number], layer.new_states[number] = before + number * size, after + number * size
            if field == self.memory:
                memory = after + number * size
        return memory


def streamed_layer(
    layer: Layer, weights: Mapping[str, np.ndarray], table: np.ndarray | None, width: int, input_width: int,
    arrays: StreamArrays,
) -> StreamedLayer | StreamedByHand:  # fmt: skip
    """A layer that `can_run_layer` accepts, for the kernel."""
    kind: type[StreamedLayer | StreamedByHand] = BY_HAND.get(type(layer.cell), StreamedLayer)
    return kind(layer, weights, table, width, input_width, arrays)
