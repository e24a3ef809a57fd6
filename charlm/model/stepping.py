"""One character at a time, in numpy, with the cells' own equations: the reference for sampling. Knows no torch.

The first layer has only V possible inputs. Their projections are computed once, as a table with a row for each symbol.

Shape letters: B rows, V symbols, K projected.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import numpy as np

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


class DefinitionStepper:
    """The Stepper that runs the cells' definitions."""

    bytes_per_weight: ClassVar[int] = 4
    batch_invariant: ClassVar[bool] = False

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._weights = [
            layer.cell.step_weights(weights) for layer, weights in zip(model.layers, model.layer_weights, strict=True)
        ]
        embedding = model.parameters["embedding.weight"]
        self._symbol_table = model.layers[0].cell.project(self._weights[0], embedding)  # (V, K)
        self._head, self._bias = model.head

    def fresh(self, rows: int) -> State:
        """The state before the first character."""
        return self._model.fresh_state(rows)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (B,) and the state before them -> logits (B, V), float32, and the state after them."""
        settings = self._model.settings
        x, after = run_stack(self._model.layers, settings.residual, ids, state, self._step_layer, no_dropout)
        if settings.attention.window:
            attended, past_outputs = attend(self._model.attention_weights, x[None], state[-1])
            x = attended[0]
            after.append(past_outputs)
        return x @ self._head.T + self._bias, tuple(after)

    def _step_layer(self, number: int, x: np.ndarray, state: Any, below: Any) -> tuple[np.ndarray, Any, Any]:
        """One layer; x is ids (B,) in the lowest layer, outputs (B, H) in the others."""
        cell, weights = self._model.layers[number].cell, self._weights[number]
        projected = cell.project(weights, x) if number else self._symbol_table[x]
        output, after, _ = cell.step(weights, projected, state, below)
        return output, getattr(after, cell.MEMORY) if cell.MEMORY else None, after
