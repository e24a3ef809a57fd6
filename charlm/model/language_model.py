"""The language model: settings, parameters, and the path from ids to logits. One definition for numpy and torch.

It is not an `nn.Module`: parameters are a plain mapping from names to arrays, so that torch trains them and numpy
samples and scores with them. Knows no text, no engine and no torch.

Shape letters: T time, B rows, V symbols, H hidden, L layers. Time comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from charlm.cells.arrays import Array, linear
from charlm.cells.cell import Weights
from charlm.cells.symbols import Symbols
from charlm.cells.unroll import Memories
from charlm.config.settings import ModelSettings
from charlm.model.attention import attend
from charlm.model.block import build_blocks
from charlm.model.parameters import weights_of_attention, weights_of_block, weights_of_head, weights_of_layer
from charlm.model.stack import Connections, Layer, LayerInput, Recurrence, build_layers, run_stack, unroll_layer
from charlm.model.state import State, fresh_state

Parameters = Mapping[str, Array]
NEVER = -1e30  # a logit: at any temperature that decoding takes, its exponential is 0


def no_dropout(x: Array) -> Array:
    return x


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """An embedding, a stack of recurrent layers, and an output layer (the head).

    `parameters` are arrays by name (model/parameters.py).
    """

    settings: ModelSettings
    parameters: Parameters

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of the stack, the lowest first."""
        return build_layers(self.settings)

    @cached_property
    def layer_weights(self) -> tuple[Weights, ...]:
        """The weights of each layer, by the cell's own names."""
        return tuple(weights_of_layer(self.parameters, number) for number in range(len(self.layers)))

    @cached_property
    def connections(self) -> Connections:
        """What lies between the cells, with its weights."""
        blocks = enumerate(build_blocks(self.settings))
        placed = tuple((block, weights_of_block(self.parameters, number)) for number, block in blocks)
        return Connections(self.settings.residual, placed)

    @cached_property
    def attention_weights(self) -> Weights:
        """The weights of the attention over past outputs; empty if the model has none."""
        return weights_of_attention(self.parameters)

    @property
    def head(self) -> tuple[Array, Array]:
        """The matrix (V, H) and the bias (V,) of the output layer."""
        return weights_of_head(self.parameters, self.settings)

    @property
    def vocab_size(self) -> int:
        return len(self.parameters["head.bias"])

    def without_writing(self, symbol: int | None) -> LanguageModel:
        """The same model of numpy arrays, but for the logit of a symbol, which is too low to be drawn; None: itself.

        The model still reads the symbol. The logit is finite, so engines and decoding need not know of it.
        """
        if symbol is None:
            return self
        bias = self.parameters["head.bias"].copy()
        bias[symbol] = NEVER
        return LanguageModel(self.settings, {**self.parameters, "head.bias": bias})

    def fresh_state(self, rows: int) -> State:
        """The state before the first character: zeros with the dtype and device of the parameters."""
        blocks = build_blocks(self.settings)
        return fresh_state(self.layers, blocks, self.settings.attention.window, rows, self.parameters["head.bias"])

    def forward(
        self,
        ids: Array,
        state: State,
        recurrence: Recurrence = unroll_layer,
        dropout: Callable[[Array], Array] = no_dropout,
    ) -> tuple[Array, State]:
        """ids (T, B) and the state before them -> logits (T, B, V) and the state after them.

        `recurrence` runs one layer over the whole sequence. The default runs the cell's definition step by step.
        """
        return self.read(Symbols(self.parameters["embedding.weight"], ids), state, recurrence, dropout)

    def read(
        self,
        x: LayerInput,
        state: State,
        recurrence: Recurrence = unroll_layer,
        dropout: Callable[[Array], Array] = no_dropout,
        seen: Callable[[Array], object] = lambda x: None,
    ) -> tuple[Array, State]:
        """The same for symbols, or for vectors (T, B, E) in place of embeddings. `seen` gets what layers hand up."""

        def run_layer(number: int, x: LayerInput, layer_state: Any, below: Memories) -> tuple[Array, Memories, Any]:
            return recurrence(self.layers[number], self.layer_weights[number], x, layer_state, below)

        x, after = run_stack(self.layers, self.connections, x, state, run_layer, dropout, seen)
        if self.settings.attention.window:
            x, past_outputs = attend(self.attention_weights, x, state[-1])
            after.append(past_outputs)
        matrix, bias = self.head
        return linear(x, matrix, bias), tuple(after)
