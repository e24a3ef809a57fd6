"""One character after the other in charlm's compiled kernel, for stacks of plain lstm layers. Knows no torch.

Weights are bfloat16, which halves the memory that is read for each character; docs/performance.md says what that costs.
It is batch invariant: a row's result does not depend on the other rows, to the last bit.
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

UNIT = 16  # the widths of layers must be multiples of it
ROWS_FOR_A_THREAD = 12  # with fewer, waking another thread takes longer than the work
PAIRS_FOR_A_THREAD = 2**17  # rows * weights; with fewer, one more thread is no gain
PAIRS_IN_A_BURST = 2**29  # rows * weights until drawn symbols are returned: at most a twentieth of a second
LONGEST_BURST = 64
SECONDS_ALONE = 0.05  # how long one thread draws alone after threads have waited for each other too long


def can_run(model: LanguageModel) -> bool:
    """Whether the kernel is compiled here and computes this stack."""
    plain = all(type(layer.cell) is LSTM and layer.hidden_size % UNIT == 0 for layer in model.layers)
    settings = model.settings
    return plain and not settings.residual and not settings.attention.window and library() is not None


class CompiledStepper:
    """A `Stepper` for the stacks that `can_run` accepts."""

    bytes_per_weight: ClassVar[int] = 2
    batch_invariant: ClassVar[bool] = True

    def __init__(self, model: LanguageModel) -> None:
        kernel = library()
        assert kernel is not None
        self._kernel = kernel
        self._model = model
        self._input_dtype = np.uint16 if kernel.stream_input_bytes() == 2 else np.float32
        self._kept: list[np.ndarray] = []  # what the kernel is given addresses of
        self._layers = (StreamLayer * len(model.layers))()
        self._reads: list[int] = []
        self._sizes = [layer.hidden_size for layer in model.layers]
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
            self._reads.append(K)
        head, bias = model.head
        self._vocab_size = len(bias)
        missing = -len(bias) % (4 * self._width())
        filled = np.pad(head, ((0, missing), (0, 0)))
        self._stack = StreamStack(
            layers=ctypes.addressof(self._layers),
            head=self._packed(filled, self._width(), 4 * self._width()),
            bias=self._keep(np.pad(bias, (0, missing)).astype(np.float32)),
            count=len(self._layers),
            V=len(filled),
        )
        self._rows = 0
        self._pairs = sum(array.size for array in self._kept)
        self._busy_until = 0.0  # until then one thread draws alone, as others use the processor; affects only speed

    def fresh(self, rows: int) -> State:
        """The state before the first character."""
        return self._model.fresh_state(rows)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (B,) and the state before them -> logits (B, V), float32, and the state after them."""
        rows = len(ids)
        self._make_room(rows)
        stack, given = self._stack, []
        after = []
        for layer, size, (h, c) in zip(self._layers, self._sizes, state, strict=True):
            h, c = _contiguous(h), _contiguous(c)
            new = np.empty((2, rows, size), np.float32)
            layer.h, layer.c, layer.new_h = _address(h), _address(c), _address(new)
            layer.new_c = layer.new_h + new.nbytes // 2
            given += [h, c]  # they must outlive the call
            after.append(Memory(new[0], new[1]))
        numbers = np.array(ids, np.int64)
        logits = np.empty((rows, stack.V), np.float32)
        stack.ids, stack.logits = _address(numbers), _address(logits)
        share_rows(partial(self._kernel.stream_step, ctypes.addressof(stack)), rows, ROWS_FOR_A_THREAD)
        return logits[:, : self._vocab_size], tuple(after)

    def generate_next(
        self, logits: np.ndarray, state: State, temperature: float, uniforms: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, State]:
        """As in `charlm.sampling.generation.GeneratingModel`, a few milliseconds at a time."""
        rows = len(logits)
        self._make_room(rows)
        after = []
        for layer, (h, c) in zip(self._layers, state, strict=True):
            memory = np.array([h, c], np.float32)  # a copy, which the kernel overwrites
            layer.h = layer.new_h = _address(memory)
            layer.c = layer.new_c = layer.h + memory.nbytes // 2
            after.append(Memory(memory[0], memory[1]))
        scores = np.zeros((rows, self._stack.V), np.float32)
        scores[:, : self._vocab_size] = logits
        self._stack.logits = _address(scores)
        longest = max(1, min(LONGEST_BURST, PAIRS_IN_A_BURST // (rows * self._pairs)))
        uniforms = np.array(uniforms[:longest], np.float64, order="C")
        drawn = np.empty(uniforms.shape, np.int64)
        busy = time.perf_counter() < self._busy_until
        threads = 1 if busy else min(usable_threads(), 1 + rows * self._pairs // PAIRS_FOR_A_THREAD)
        scratch = np.empty((threads, self._vocab_size))
        draw = StreamDraw(
            stack=ctypes.addressof(self._stack),
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
            self._busy_until = time.perf_counter() + SECONDS_ALONE
        return drawn[: draw.done], scores[:, : self._vocab_size], tuple(after)

    def _make_room(self, rows: int) -> None:
        """Allocate the inputs of the layers and the head for that many rows."""
        if rows <= self._rows:
            return
        self._rows = rows
        self._room = [np.empty((rows, K), self._input_dtype) for K in [*self._reads, self._sizes[-1]]]
        for layer, room in zip(self._layers, self._room, strict=False):
            layer.input = _address(room)
        self._stack.top = _address(self._room[-1])

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


def _contiguous(array: np.ndarray) -> np.ndarray:
    """The array itself if it is contiguous and writeable, as `_address` requires; else such a copy."""
    flags = array.flags
    return array if flags.c_contiguous and flags.writeable else np.array(array, order="C")


def _address(array: Any) -> int:
    """The address of an array, in a third of the time that `array.ctypes.data` takes."""
    return ctypes.addressof(ctypes.c_char.from_buffer(array))
