"""One character at a time, in numpy, with the cells' own equations: the reference for sampling. Knows no torch.

The first layer has only V possible inputs. Their projections are computed once, as a table with a row for each symbol.

Shape letters: B rows, V symbols, K projected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols, embed
from charlm.model.attention import attend
from charlm.model.language_model import LanguageModel, no_dropout
from charlm.model.stack import run_stack
from charlm.model.state import State


class Stepper(Protocol):
    """A trained model as a function: a character and a state -> logits of the next character and the new state."""

    bytes_per_weight: ClassVar[int]
    batch_invariant: ClassVar[bool]  # a row's result does not depend on the other rows, to the last bit

    def fresh(self, rows: int) -> State: ...

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]: ...


class LayerStep(Protocol):
    """One layer, one character further."""

    def step(self, x: Any, state: Any, below: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None, Any]:
        """The input, the state (B, H) and the memory of the layer below, None if the layer does not read it -> the
        output (B, H), the layer's own memory, None if it has none, and the new state.

        The input is ids (B,) in the lowest layer, outputs (B, I) of the layer below in the others.
        """
        ...


class DefinitionLayer:
    """A layer's step by the cell's own equations."""

    def __init__(self, cell: Cell, weights: Weights, table: np.ndarray | None) -> None:
        """`table` (V, E) are the embeddings of the symbols for the lowest layer, None for others."""
        self._cell, self._weights = cell, cell.step_weights(weights)
        self._symbols = None if table is None else cell.project(self._weights, table)  # (V, K)

    def step(self, x: Any, state: Any, below: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None, Any]:
        projected = self._cell.project(self._weights, x) if self._symbols is None else self._symbols[x]
        output, after, _ = self._cell.step(self._weights, projected, state, below)
        return output, getattr(after, self._cell.MEMORY) if self._cell.MEMORY else None, after


def symbol_table(model: LanguageModel, number: int) -> np.ndarray | None:
    """The vectors (V, E) of the symbols if the cell of this layer reads symbols; None if it reads vectors."""
    return None if number or model.connections.blocks else model.parameters["embedding.weight"]


def defined_layer(model: LanguageModel, number: int) -> LayerStep:
    """The step of a layer, the lowest 0, as it is defined."""
    return DefinitionLayer(model.layers[number].cell, model.layer_weights[number], symbol_table(model, number))


class DefinitionStepper:
    """The Stepper that runs the definitions: those of the cells, of attention and of the output layer."""

    bytes_per_weight: ClassVar[int] = 4
    batch_invariant: ClassVar[bool] = False

    def __init__(self, model: LanguageModel, layers: Sequence[LayerStep] | None = None) -> None:
        """`layers` are other steps of the layers, the lowest first; by default each is stepped as it is defined."""
        self._model = model
        self._layers = layers or [defined_layer(model, number) for number in range(len(model.layers))]
        self._head, self._bias = model.head

    def fresh(self, rows: int) -> State:
        """The state before the first character."""
        return self._model.fresh_state(rows)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (B,) and the state before them -> logits (B, V), float32, and the state after them."""
        model = self._model
        if model.connections.blocks:
            symbols = Symbols(model.parameters["embedding.weight"], ids[None])
            whole, after = run_stack(model.layers, model.connections, symbols, state, self._step_in_block, no_dropout)
            x = whole[0]
        else:
            x, after = run_stack(model.layers, model.connections, ids, state, self._step_layer, no_dropout)
        if model.settings.attention.window:
            attended, past_outputs = attend(model.attention_weights, x[None], state[-1])
            x = attended[0]
            after.append(past_outputs)
        return x @ self._head.T + self._bias, tuple(after)

    def _step_in_block(self, number: int, x: Any, state: Any, below: Any) -> tuple[np.ndarray, Any, Any]:
        """Blocks have an axis for time."""
        output, memory, after = self._step_layer(number, embed(x)[0], state, below)
        return output[None], memory, after

    def _step_layer(self, number: int, x: np.ndarray, state: Any, below: Any) -> tuple[np.ndarray, Any, Any]:
        return self._layers[number].step(x, state, below)
