"""One character after the other, in numpy: the engine of sampling. Knows no torch.

Shape letters: B rows, V symbols, K projected. The cells' own equations are run; what is gained is that the first
layer reads one of only V inputs, so its input products are worked out once, as a table with a row for each symbol.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from charlm.cells import table
from charlm.config.settings import ModelSettings
from charlm.model.parameters import of_head, of_layer
from charlm.model.state import State, fresh_state


class Stepper:
    """A trained model as a function from a character and a state to scores for the next one."""

    def __init__(self, parameters: Mapping[str, np.ndarray], settings: ModelSettings) -> None:
        self._settings = settings
        self._parameters = parameters
        self._cell = table.find(settings.cell)
        self._layers = [of_layer(parameters, settings, layer) for layer in range(settings.num_layers)]
        self._first = self._cell.project(self._layers[0], parameters["embedding.weight"])  # (V, K)
        self._head, self._bias = of_head(parameters, settings)

    def fresh(self, rows: int) -> State:
        """The state before the first character."""
        return fresh_state(self._settings, self._parameters, rows)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (B,) and the state before them -> logits (B, V), float32, and the state after them."""
        output, first, _ = self._cell.step(self._layers[0], self._first[ids], state[0])
        after = [first]
        for weights, before in zip(self._layers[1:], state[1:], strict=True):
            output, layer_state, _ = self._cell.step(weights, self._cell.project(weights, output), before)
            after.append(layer_state)
        return output @ self._head.T + self._bias, tuple(after)
