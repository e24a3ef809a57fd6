"""One character after the other in charlm's compiled kernels, for stacks of cells that have one. Knows no torch.

Weights are bfloat16, which halves the memory that is read for each character; docs/performance.md says what that costs.
It is batch invariant: a row's result does not depend on the other rows, to the last bit. Several threads may use one
stepper: after `__init__` it only reads its fields, and each call has a description of the stack and room of its own.
Shape letters: B rows, V symbols, H hidden.
"""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any, ClassVar

import numpy as np

from charlm.engines.stream_arrays import StreamArrays, address, padding_step
from charlm.engines.stream_block import StreamedBlock, can_run_blocks
from charlm.engines.stream_by_hand import StreamedByHand
from charlm.engines.stream_draw import draw
from charlm.engines.stream_layer import StreamedLayer, can_run_layer, streamed_layer
from charlm.kernels import StreamBlock, StreamLayer, StreamStack, library
from charlm.kernels.threads import TeamSize, share_rows
from charlm.machine import usable_threads
from charlm.model.block import build_blocks
from charlm.model.drawing import Rules, Walk
from charlm.model.language_model import LanguageModel
from charlm.model.state import State
from charlm.model.stepping import DefinitionStepper, Stepper, symbol_table

ROWS_FOR_A_THREAD = 12  # with fewer, waking another thread takes longer than the work
PAIRS_IN_A_BURST = 2**29  # rows * weights until drawn symbols are returned: at most a twentieth of a second
LONGEST_BURST = 256


def can_run(model: LanguageModel) -> bool:
    """Whether the kernels of all its layers are compiled here, and there is no attention."""
    blocks = build_blocks(model.settings)
    return not model.settings.attention.window and can_run_blocks(blocks) and all(map(can_run_layer, model.layers))


class CompiledStepper:
    """A `Stepper` for the stacks that `can_run` accepts. It is pickled as its model."""

    bytes_per_weight: ClassVar[int] = 2
    batch_invariant: ClassVar[bool] = True

    def __init__(self, model: LanguageModel) -> None:
        kernel = library()
        assert kernel is not None
        self._kernel, self._model = kernel, model
        self._arrays = arrays = StreamArrays(kernel)
        step = padding_step()
        widths = [layer.hidden_size + -layer.hidden_size % step for layer in model.layers]
        self._layers = [
            streamed_layer(
                layer, weights, symbol_table(model, number), widths[number], widths[number - 1], arrays,
            )
            for number, (layer, weights) in enumerate(zip(model.layers, model.layer_weights, strict=True))
        ]  # fmt: skip
        embedding, blocks = model.parameters["embedding.weight"], model.connections.blocks
        self._blocks = [
            StreamedBlock(block, weights, None if number else embedding, widths[number], arrays)
            for number, (block, weights) in enumerate(blocks)
        ]
        self._descriptions = (StreamLayer * len(self._layers))(*(layer.description for layer in self._layers))
        for number, layer in enumerate(self._descriptions):
            layer.residual = int(model.settings.residual and number > 0 and not blocks)
        for surrounding, layer in zip(self._blocks, self._descriptions, strict=bool(blocks)):
            surrounding.surround(layer)
        self._keepers: list[StreamedLayer | StreamedByHand | StreamedBlock] = [
            *self._layers,
            *(block for block in self._blocks if block.remembers),
        ]  # of a state's items
        head, bias = model.head
        self._vocab_size = len(bias)
        missing = -len(bias) % step
        filled = np.pad(head, ((0, missing), (0, widths[-1] - head.shape[1])))
        self._stack = StreamStack(
            head=arrays.pack(filled),
            bias=arrays.keep(np.pad(bias, (0, missing)).astype(np.float32)),
            count=len(self._layers),
            V=len(filled),
        )
        self._item = int(kernel.stream_input_bytes())
        self._pairs = arrays.numbers()
        self._team = TeamSize()

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self._model,)

    def fresh(self, rows: int) -> State:
        """The state before the first character."""
        return self._model.fresh_state(rows)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (B,) and the state before them -> logits (B, V), float32, and the state after them."""
        rows = len(ids)
        numbers = np.array(ids, np.int64)
        before = self._begin(state, rows)
        after = [np.empty_like(parts) for parts in before]
        stack = self._described(rows, before, after)
        logits = np.empty((rows, stack.V), np.float32)
        stack.ids, stack.logits = address(numbers), address(logits)
        stack.memory = stack.memory, numbers, logits
        share_rows(partial(self._kernel.stream_step, ctypes.byref(stack)), rows, ROWS_FOR_A_THREAD)
        return logits[:, : self._vocab_size], self._state(after, state)

    def generate_next(
        self, logits: np.ndarray, state: State, rules: Rules, uniforms: np.ndarray, walk: Walk | None = None
    ) -> tuple[np.ndarray, np.ndarray, State]:
        """As in `charlm.sampling.loop.generation.GeneratingModel`, a few milliseconds at a time."""
        rows = len(logits)
        parts = self._begin(state, rows)  # overwritten
        stack = self._described(rows, parts, parts)
        scores = np.zeros((rows, stack.V), np.float32)
        scores[:, : self._vocab_size] = logits
        stack.logits = address(scores)
        longest = max(1, min(LONGEST_BURST, PAIRS_IN_A_BURST // (rows * self._pairs)))
        uniforms = np.array(uniforms[:longest], np.float64, order="C")
        threads = self._team.threads(rows * self._pairs, usable_threads())
        drawn, contended = draw(self._kernel, stack, self._vocab_size, rules, uniforms, walk, threads)
        self._team.worked(threads, contended)
        return drawn, scores[:, : self._vocab_size], self._state(parts, state)

    def _begin(self, state: State, rows: int) -> list[np.ndarray]:
        """The parts of the state as arrays for the kernel, copies: of each layer, then of each convolution."""
        return [keeper.begin(given, rows) for keeper, given in zip(self._keepers, state, strict=True)]

    def _state(self, parts: list[np.ndarray], like: State) -> State:
        return tuple(keeper.end(each, given) for keeper, each, given in zip(self._keepers, parts, like, strict=True))

    def _described(self, rows: int, before: list[np.ndarray], after: list[np.ndarray]) -> StreamStack:
        """The stack for one call: with the states (parts, B, H) before and after it, and room for what is between."""
        layers = type(self._descriptions).from_buffer_copy(self._descriptions)
        stack = StreamStack.from_buffer_copy(self._stack)
        sizes = [each.room(rows, self._item) for each in self._layers]
        sizes += [each.room(rows, self._item) for each in self._blocks]
        room = np.empty(sum(sizes), np.uint8)
        starts = (address(room) + np.cumsum([0, *sizes])).tolist()
        below = None
        for number, (layer, own) in enumerate(zip(layers, self._layers, strict=True)):
            layer.x, layer.below = stack.top, below
            own.place(layer, starts[number], rows, self._item)
            below = own.point(layer, address(before[number]), address(after[number]), rows)
            stack.top = layer.output
        blocks = self._surrounded(layers, starts[len(self._layers) :], before, after, rows) if self._blocks else None
        if blocks is not None:
            stack.top = blocks[len(blocks) - 1].top
        stack.layers, stack.rows = ctypes.addressof(layers), rows
        stack.memory = layers, blocks, room, before, after
        return stack

    def _surrounded(
        self, layers: Any, starts: list[int], before: list[np.ndarray], after: list[np.ndarray], rows: int
    ) -> Any:
        """The blocks around the layers for one call, which begin in the room at these addresses."""
        blocks = (StreamBlock * len(self._blocks))(*(own.description for own in self._blocks))
        convolved = len(before) > len(layers)
        handed = None
        for number, (block, own, layer) in enumerate(zip(blocks, self._blocks, layers, strict=True)):
            own.place(block, starts[number], rows, self._item)
            block.x, handed = handed, block.handed
            layer.x, layer.block = block.read, ctypes.addressof(block)
            if convolved:
                place = len(layers) + number
                block.recent, block.new_recent = address(before[place]), address(after[place])
        return blocks


def _unpickled(model: LanguageModel) -> Stepper:
    """The stepper of a pickled one's model; without the kernels, the one that runs the definition."""
    return CompiledStepper(model) if can_run(model) else DefinitionStepper(model)
