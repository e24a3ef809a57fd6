"""One character after the other, in numpy: the engine of sampling. Knows no torch.

Shape letters: B rows, V symbols, K projected. The cells' own equations are run; what is gained is that the first
layer reads one of only V inputs, so its input products are worked out once, as a table with a row for each symbol.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

import numpy as np

from charlm.config.settings import ModelSettings
from charlm.model.attention import attend
from charlm.model.parameters import of_attention, of_head, of_layer
from charlm.model.stack import layers
from charlm.model.state import State, fresh_state


class Stepping(Protocol):
    """A trained model as a function from a character and a state to scores for the next one."""

    bytes_per_weight: ClassVar[int]
    rows_alike: ClassVar[bool]  # whether a row's numbers are the same to the last bit alone or among others

    def fresh(self, rows: int) -> State: ...

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]: ...


def stepper(parameters: Mapping[str, np.ndarray], settings: ModelSettings) -> Stepping:
    """The quickest that there is for this model, on a processor."""
    from charlm.model import compiled_stepper

    if compiled_stepper.fits(settings):
        return compiled_stepper.CompiledStepper(parameters, settings)
    return Stepper(parameters, settings)


class Stepper:
    """Runs the cells' definitions."""

    bytes_per_weight: ClassVar[int] = 4
    rows_alike: ClassVar[bool] = False

    def __init__(self, parameters: Mapping[str, np.ndarray], settings: ModelSettings) -> None:
        self._settings = settings
        self._parameters = parameters
        self._layers = layers(settings)
        self._weights = [layer.cell.ready(of_layer(parameters, n)) for n, layer in enumerate(self._layers)]
        self._first = self._layers[0].cell.project(self._weights[0], parameters["embedding.weight"])  # (V, K)
        self._attention = of_attention(parameters)
        self._head, self._bias = of_head(parameters, settings)

    def fresh(self, rows: int) -> State:
        """The state before the first character."""
        return fresh_state(self._settings, self._parameters, rows)

    def step(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (B,) and the state before them -> logits (B, V), float32, and the state after them."""
        x, below = self._first[ids], None
        after = []
        for number, (layer, weights) in enumerate(zip(self._layers, self._weights, strict=True)):
            cell = layer.cell
            projected = cell.project(weights, x) if number else x
            output, layer_state, _ = cell.step(weights, projected, state[number], below if layer.reads_below else None)
            x = output + x if self._settings.residual and number else output
            below = getattr(layer_state, cell.MEMORY) if cell.MEMORY else None
            after.append(layer_state)
        if self._attention:
            looked, ring = attend(self._attention, x[None], state[-1])
            x = looked[0]
            after.append(ring)
        return x @ self._head.T + self._bias, tuple(after)
