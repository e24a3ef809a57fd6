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

from charlm.engines.kernel_arrays import NUMPY, padded, padded_matrix, padded_vectors
from charlm.engines.own_library import library_for
from charlm.engines.stream_arrays import StreamArrays
from charlm.graphs.derived import kernel_name
from charlm.graphs.padding import may_be_padded
from charlm.graphs.stages import KernelPlan, plan_of_cell
from charlm.kernels import StreamLayer, library
from charlm.model.stack import Layer


def can_run_layer(layer: Layer) -> bool:
    """Whether the stages of the layer's step are compiled here."""
    kernel, plan = library(), plan_of_cell(layer.cell, layer.reads_below)
    if kernel is None or plan is None:
        return False
    if layer.hidden_size % padding_step(kernel) and not may_be_padded(plan.gradient):
        return False
    own = library_for(layer.cell, layer.reads_below)
    return all(hasattr(own, name) for name in _stage_names(plan, kernel))


def padding_step(kernel: ctypes.CDLL) -> int:
    """The units of a layer are padded with units of zeros to a multiple of this."""
    return 4 * int(kernel.vector_width())


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
        read = layer.cell.step_weights(weights)
        blocks = plan.graph.projected
        self.description = StreamLayer(count=len(plan.stream), I=input_width, H=width, K=blocks)
        for number, name in enumerate(_stage_names(plan, kernel)):
            self.description.stages[number] = ctypes.cast(getattr(own, name), ctypes.c_void_p).value
        sums = layer.cell.project(read, np.zeros((1, layer.input_size), np.float32) if table is None else table)
        self.description.sums = arrays.keep(np.ascontiguousarray(padded(sums, blocks, H, width)))
        if table is None:
            unit_inputs = np.eye(layer.input_size, dtype=np.float32)
            columns = (layer.cell.project(read, unit_inputs) - sums).T  # (K H, I): project is linear but for its bias
            columns = padded(columns.T, blocks, H, width).T
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
            if field == self.plan.graph.memory:
                memory = after + number * size
        return memory
