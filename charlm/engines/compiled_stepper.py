"""One character after the other in charlm's compiled kernel, for stacks of plain lstm layers. Knows no torch.

Weights are bfloat16, which halves the memory that is read for each character; docs/performance.md says what that costs.
It is batch invariant: a row's result does not depend on the other rows, to the last bit. Several threads may use one
stepper: after `__init__` it only reads its fields, and each call has a description of the stack and room of its own.
Shape letters: B rows, V symbols, H hidden, K inputs of a layer: the outputs of the layer below and its own.
"""

from __future__ import annotations

import ctypes
import time
from functools import partial
from typing import Any, ClassVar

import numpy as np

from charlm.cells.lstm import LSTM
from charlm.cells.lstm import State as Memory
from charlm.kernels import StreamDraw, StreamLayer, StreamStack, library
from charlm.kernels.threads import share_rows
from charlm.machine import usable_threads
from charlm.model.language_model import LanguageModel
from charlm.model.state import State
from charlm.model.stepping import DefinitionStepper, Stepper

UNIT = 16  # the widths of layers must be multiples of it
ROWS_FOR_A_THREAD = 12  # with fewer, waking another thread takes longer than the work
PAIRS_FOR_A_THREAD = 2**17  # rows * weights; with fewer, one more thread is no gain
PAIRS_IN_A_BURST = 2**29  # rows * weights until drawn symbols are returned: at most a twentieth of a second
LONGEST_BURST = 64
SECONDS_ALONE = 0.05  # how long one thread draws alone after threads have waited for each other too long ...
MOST_SECONDS_ALONE = 0.4  # ... and at most, after that has happened several times in a row


def can_run(model: LanguageModel) -> bool:
    """Whether the kernel is compiled here and computes this stack."""
    plain = all(type(layer.cell) is LSTM and layer.hidden_size % UNIT == 0 for layer in model.layers)
    settings = model.settings
    return plain and not settings.residual and not settings.attention.window and library() is not None


class CompiledStepper:
    """A `Stepper` for the stacks that `can_run` accepts. It is pickled as its model."""

    bytes_per_weight: ClassVar[int] = 2
    batch_invariant: ClassVar[bool] = True

    def __init__(self, model: LanguageModel) -> None:
        kernel = library()
        assert kernel is not None
        self._kernel = kernel
        self._model = model
        input_dtype = np.dtype(np.uint16 if kernel.stream_input_bytes() == 2 else np.float32)
        self._kept: list[np.ndarray] = []  # what the kernel is given addresses of
        self._layers = (StreamLayer * len(model.layers))()
        self._sizes = [layer.hidden_size for layer in model.layers]
        reads: list[int] = []
        for number, (layer, weights) in enumerate(zip(model.layers, model.layer_weights, strict=True)):
            matrix, H = weights["weight_hh"], layer.hidden_size
            sums = (weights["bias_ih"] + weights["bias_hh"])[None]
            if number:
                matrix = np.concatenate([weights["weight_ih"], matrix], axis=1)
            else:
                sums = layer.cell.project(weights, model.parameters["embedding.weight"])
            K = matrix.shape[1]
            self._layers[number].weights = self._packed(matrix, H, self._width())
            self._layers[number].sums = self._keep(np.ascontiguousarray(sums, np.float32))
            self._layers[number].K, self._layers[number].H = K, H
            reads.append(K)
        head, bias = model.head
        self._vocab_size = len(bias)
        missing = -len(bias) % (4 * self._width())
        filled = np.pad(head, ((0, missing), (0, 0)))
        self._stack = StreamStack(
            head=self._packed(filled, self._width(), 4 * self._width()),
            bias=self._keep(np.pad(bias, (0, missing)).astype(np.float32)),
            count=len(self._layers),
            V=len(filled),
        )
        # In bytes of a row: where in a call's room the input of each layer and of the head begins, and where all end.
        self._input_starts = [input_dtype.itemsize * sum(reads[:number]) for number in range(len(reads) + 1)]
        self._room_size = self._input_starts[-1] + input_dtype.itemsize * self._sizes[-1]
        self._pairs = sum(array.size for array in self._kept)
        self._busy_until = 0.0  # until then one thread draws alone, as others use the processor; affects only speed
        self._seconds_alone = SECONDS_ALONE

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self._model,)

    def fresh(self, rows: int) -> State:
        """The state before the first character."""
        return self._model.fresh_state(rows)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (B,) and the state before them -> logits (B, V), float32, and the state after them."""
        rows = len(ids)
        stack, layers = self._described(rows)
        numbers = np.array(ids, np.int64)
        logits = np.empty((rows, stack.V), np.float32)
        stack.ids, stack.logits = _address(numbers), _address(logits)
        after, given = [], [numbers, logits]
        for layer, size, (h, c) in zip(layers, self._sizes, state, strict=True):
            h, c = _contiguous(h), _contiguous(c)
            new = np.empty((2, rows, size), np.float32)
            layer.h, layer.c, layer.new_h = _address(h), _address(c), _address(new)
            layer.new_c = layer.new_h + new.nbytes // 2
            given += [h, c, new]
            after.append(Memory(new[0], new[1]))
        stack.memory = stack.memory, given
        share_rows(partial(self._kernel.stream_step, ctypes.byref(stack)), rows, ROWS_FOR_A_THREAD)
        return logits[:, : self._vocab_size], tuple(after)

    def generate_next(
        self, logits: np.ndarray, state: State, temperature: float, uniforms: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, State]:
        """As in `charlm.sampling.generation.GeneratingModel`, a few milliseconds at a time."""
        rows = len(logits)
        stack, layers = self._described(rows)
        after = []
        for layer, (h, c) in zip(layers, state, strict=True):
            memory = np.array([h, c], np.float32)  # a copy, which the kernel overwrites
            layer.h = layer.new_h = _address(memory)
            layer.c = layer.new_c = layer.h + memory.nbytes // 2
            after.append(Memory(memory[0], memory[1]))
        scores = np.zeros((rows, stack.V), np.float32)
        scores[:, : self._vocab_size] = logits
        stack.logits = _address(scores)
        longest = max(1, min(LONGEST_BURST, PAIRS_IN_A_BURST // (rows * self._pairs)))
        uniforms = np.array(uniforms[:longest], np.float64, order="C")
        drawn = np.empty(uniforms.shape, np.int64)
        busy = time.perf_counter() < self._busy_until
        threads = 1 if busy else min(usable_threads(), 1 + rows * self._pairs // PAIRS_FOR_A_THREAD)
        scratch = np.empty((threads, self._vocab_size))
        draw = StreamDraw(
            stack=ctypes.addressof(stack),
            temperature=temperature,
            uniforms=_address(uniforms),
            drawn=_address(drawn),
            scratch=_address(scratch),
            symbols=self._vocab_size,
            rows=rows,
            length=len(uniforms),
            threads=threads,
        )
        self._kernel.stream_draw(ctypes.byref(draw))
        if draw.contended:
            self._busy_until = time.perf_counter() + self._seconds_alone
            self._seconds_alone = min(2 * self._seconds_alone, MOST_SECONDS_ALONE)
        elif threads > 1:
            self._seconds_alone = SECONDS_ALONE
        return drawn[: draw.done], scores[:, : self._vocab_size], tuple(after)

    def _described(self, rows: int) -> tuple[StreamStack, list[StreamLayer]]:
        """The stack and its layers for one call, with room for their inputs in that many rows."""
        layers = type(self._layers).from_buffer_copy(self._layers)
        stack = StreamStack.from_buffer_copy(self._stack)
        room = np.empty(rows * self._room_size, np.uint8)
        start, each = _address(room), list(layers)
        for layer, of_row in zip(each, self._input_starts, strict=False):
            layer.input = start + rows * of_row
        stack.top = start + rows * self._input_starts[-1]
        stack.layers = ctypes.addressof(layers)
        stack.memory = layers, room
        return stack, each

    def _width(self) -> int:
        return int(self._kernel.vector_width())

    def _packed(self, matrix: np.ndarray, spread: int, step: int) -> int:
        """The address of a copy of a matrix (columns, K) in the layout that the kernel reads."""
        matrix = np.ascontiguousarray(matrix, np.float32)
        packed = np.empty(matrix.size // 2, np.uint32)
        columns, K = matrix.shape
        self._kernel.stream_pack(matrix.ctypes.data, _address(packed), columns, K, spread, step)
        return self._keep(packed)

    def _keep(self, array: np.ndarray) -> int:
        """The address of an array, which is kept as long as the stepper."""
        self._kept.append(array)
        return int(array.ctypes.data)


def _unpickled(model: LanguageModel) -> Stepper:
    """The stepper of a pickled one's model; without the kernels, the one that runs the definition."""
    return CompiledStepper(model) if can_run(model) else DefinitionStepper(model)


def _contiguous(array: np.ndarray) -> np.ndarray:
    """The array itself if it is contiguous and writeable, as `_address` requires; else such a copy."""
    flags = array.flags
    return array if flags.c_contiguous and flags.writeable else np.array(array, order="C")


def _address(array: Any) -> int:
    """The address of an array, in a third of the time that `array.ctypes.data` takes."""
    return ctypes.addressof(ctypes.c_char.from_buffer(array))
