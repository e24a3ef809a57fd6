"""One character after the other, layer by layer: those that have a compiled kernel in it, the rest as it is defined.

For stacks that compiled_stepper.py cannot run as a whole: a layer has a step that cannot be traced, or is surrounded by
a block of another width, or there is attention. Weights of the compiled layers are bfloat16. Knows no torch.
Shape letters: B rows, I input, H hidden.
"""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any, ClassVar

import numpy as np

from charlm.cells.cell import Weights
from charlm.engines.stream_arrays import StreamArrays, address, from_kernel, padding_step, to_kernel
from charlm.engines.stream_layer import can_run_layer, streamed_layer
from charlm.kernels import StreamLayer, StreamStack, library
from charlm.kernels.threads import share_rows
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer
from charlm.model.stepping import DefinitionStepper, LayerStep, defined_layer, symbol_table

ROWS_FOR_A_THREAD = 12  # with fewer, waking another thread takes longer than the work


class CompiledLayer:
    """A `LayerStep` in the layer's compiled kernel (`can_run_layer`). To the kernel it is a stack of one layer, without
    an output layer."""

    def __init__(self, layer: Layer, weights: Weights, table: np.ndarray | None) -> None:
        """`table` (V, E) are the embeddings of the symbols for the lowest layer, None for others."""
        kernel = library()
        assert kernel is not None
        self._kernel, self._units, self._reads_ids = kernel, layer.hidden_size, table is not None
        self._item = int(kernel.stream_input_bytes())
        self._width, self._input_width = (
            size + -size % padding_step() for size in (layer.hidden_size, layer.input_size)
        )
        self._arrays = StreamArrays(kernel)
        self._layer = streamed_layer(layer, weights, table, self._width, self._input_width, self._arrays)

    def step(self, x: Any, state: Any, below: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None, Any]:
        rows, item = len(x), self._item
        read = np.array(x, np.int64) if self._reads_ids else to_kernel(x, self._input_width, item)
        before = self._layer.begin(state, rows)
        after = np.empty_like(before)
        under = None if below is None else to_kernel(below, self._width, 4)
        room = np.empty(self._layer.room(rows, item), np.uint8)
        layer = StreamLayer.from_buffer_copy(self._layer.description)
        layer.x = None if self._reads_ids else address(read)
        layer.below = None if under is None else address(under)
        self._layer.place(layer, address(room), rows, item)
        self._layer.point(layer, address(before), address(after), rows)
        stack = StreamStack(layers=ctypes.addressof(layer), count=1, rows=rows)
        stack.ids = address(read) if self._reads_ids else None
        share_rows(partial(self._kernel.stream_step, ctypes.byref(stack)), rows, ROWS_FOR_A_THREAD)
        start = layer.output - address(room)
        output = room[start : start + rows * self._width * item].view(np.float32 if item == 4 else np.uint16)
        new = self._layer.end(after, state)
        memory = self._layer.memory
        return (
            from_kernel(output).reshape(rows, self._width)[:, : self._units],
            None if memory is None else getattr(new, memory),
            new,
        )


def layer_step(model: LanguageModel, number: int) -> LayerStep:
    """The step of a layer, the lowest 0: by its kernel if it has one here, else as it is defined."""
    layer = model.layers[number]
    if not can_run_layer(layer):
        return defined_layer(model, number)
    return CompiledLayer(layer, model.layer_weights[number], symbol_table(model, number))


class LayeredStepper(DefinitionStepper):
    """The definition's stepper, with a kernel for each layer that has one here. It is pickled as its model."""

    bytes_per_weight: ClassVar[int] = 2  # of the layers with a kernel; four of the others

    def __init__(self, model: LanguageModel) -> None:
        super().__init__(model, [layer_step(model, number) for number in range(len(model.layers))])

    def __reduce__(self) -> tuple[Any, ...]:
        return LayeredStepper, (self._model,)
