"""One character after the other by charlm's compiled kernel: for stacks of plain lstm layers. Knows no torch.

Its weights are bfloat16, which halves what has to be read for a character; docs/performance.md says what that costs. A
row's numbers are the same to the last bit alone or among others. Shape letters: B rows, V symbols, H hidden, K what a
layer reads: the output of the layer below, and its own.
"""

from __future__ import annotations

import ctypes
import time
from functools import partial
from typing import Any, ClassVar

import numpy as np

from charlm.cells.lstm import LSTM
from charlm.cells.lstm import State as Memory
from charlm.kernels import MOST_SHARES, Drawing, Layer, Stack, library
from charlm.kernels.threads import share
from charlm.machine import cores
from charlm.model.language_model import LanguageModel
from charlm.model.state import State

UNIT = 16  # the layers' widths are multiples of it
ROWS_FOR_A_THREAD = 12  # fewer are done sooner than another thread is woken
PAIRS_FOR_A_THREAD = 2**17  # of weights, and rows that read them: with fewer, one more thread is no gain
PAIRS_IN_A_BURST = 2**29  # are read before anybody sees what was drawn: at the most a twentieth of a second
LONGEST_BURST = 64
SECONDS_ALONE = 0.05  # after threads waited too much


def can_run(model: LanguageModel) -> bool:
    """Whether the kernel is here, and computes this stack."""
    plain = all(type(layer.cell) is LSTM and layer.hidden_size % UNIT == 0 for layer in model.layers)
    settings = model.settings
    return plain and not settings.residual and not settings.attention.window and library() is not None


class CompiledStepper:
    """A `Stepper` for the stacks that `can_run` names."""

    bytes_per_weight: ClassVar[int] = 2
    batch_invariant: ClassVar[bool] = True

    def __init__(self, model: LanguageModel) -> None:
        kernel = library()
        assert kernel is not None
        self._kernel = kernel
        self._model = model
        self._narrow = np.uint16 if kernel.narrow_bytes() == 2 else np.float32
        self._kept: list[np.ndarray] = []  # what the kernel is given addresses of
        self._layers = (Layer * len(model.layers))()
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
        self._stack = Stack(
            layers=ctypes.addressof(self._layers),
            head=self._packed(filled, self._width(), 4 * self._width()),
            bias=self._keep(np.pad(bias, (0, missing)).astype(np.float32)),
            count=len(self._layers),
            V=len(filled),
        )
        self._rows = 0
        self._pairs = sum(array.size for array in self._kept)
        self._busy_until = 0.0  # others use the processor, and one thread draws alone: no matter but of speed

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
            h, c = _in_order(h), _in_order(c)
            new = np.empty((2, rows, size), np.float32)
            layer.h, layer.c, layer.new_h = _address(h), _address(c), _address(new)
            layer.new_c = layer.new_h + new.nbytes // 2
            given += [h, c]  # which must outlive the call
            after.append(Memory(new[0], new[1]))
        numbers = np.array(ids, np.int64)
        logits = np.empty((rows, stack.V), np.float32)
        stack.ids, stack.logits = _address(numbers), _address(logits)
        share(partial(self._kernel.stream_step, ctypes.addressof(stack)), rows, ROWS_FOR_A_THREAD)
        return logits[:, : self._vocab_size], tuple(after)

    def generate_next(
        self, logits: np.ndarray, state: State, temperature: float, us: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, State]:
        """As in `charlm.sampling.generation.GeneratingModel`, a few milliseconds at a time."""
        rows = len(logits)
        self._make_room(rows)
        after = []
        for layer, (h, c) in zip(self._layers, state, strict=True):
            memory = np.array([h, c], np.float32)  # which the kernel writes over
            layer.h = layer.new_h = _address(memory)
            layer.c = layer.new_c = layer.h + memory.nbytes // 2
            after.append(Memory(memory[0], memory[1]))
        scores = np.zeros((rows, self._stack.V), np.float32)
        scores[:, : self._vocab_size] = logits
        self._stack.logits = _address(scores)
        longest = max(1, min(LONGEST_BURST, PAIRS_IN_A_BURST // (rows * self._pairs)))
        us = np.array(us[:longest], np.float64, order="C")
        drawn = np.empty(us.shape, np.int64)
        busy = time.perf_counter() < self._busy_until
        shares = 1 if busy else min(cores(), MOST_SHARES, 1 + rows * self._pairs // PAIRS_FOR_A_THREAD)
        sums = np.empty((shares, self._vocab_size))
        drawing = Drawing(
            stack=ctypes.addressof(self._stack),
            temperature=temperature,
            us=_address(us),
            drawn=_address(drawn),
            sums=_address(sums),
            symbols=self._vocab_size,
            rows=rows,
            length=len(us),
            shares=shares,
        )
        self._kernel.stream_draw(ctypes.byref(drawing))
        if drawing.late:
            self._busy_until = time.perf_counter() + SECONDS_ALONE
        return drawn[: drawing.done], scores[:, : self._vocab_size], tuple(after)

    def _make_room(self, rows: int) -> None:
        """For what the layers and the head read, of so many rows."""
        if rows <= self._rows:
            return
        self._rows = rows
        self._room = [np.empty((rows, K), self._narrow) for K in [*self._reads, self._sizes[-1]]]
        for layer, room in zip(self._layers, self._room, strict=False):
            layer.input = _address(room)
        self._stack.top = _address(self._room[-1])

    def _width(self) -> int:
        return int(self._kernel.width())

    def _packed(self, matrix: np.ndarray, spread: int, step: int) -> int:
        """The address of a matrix (columns, K) as the kernel reads it."""
        matrix = np.ascontiguousarray(matrix, np.float32)
        packed = np.empty(matrix.size // 2, np.uint32)
        columns, K = matrix.shape
        self._kernel.pack_stream(matrix.ctypes.data, _address(packed), columns, K, spread, step)
        return self._keep(packed)

    def _keep(self, array: np.ndarray) -> int:
        """The address of an array that lives as long as the stepper does."""
        self._kept.append(array)
        return int(array.ctypes.data)


def _in_order(array: np.ndarray) -> np.ndarray:
    """The same numbers one after the other, in memory that can be lent out."""
    flags = array.flags
    return array if flags.c_contiguous and flags.writeable else np.array(array, order="C")


def _address(array: Any) -> int:
    """A third of the time that `array.ctypes.data` takes, which counts here."""
    return ctypes.addressof(ctypes.c_char.from_buffer(array))
