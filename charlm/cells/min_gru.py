"""The minimal gated recurrent unit (Feng et al. 2024): a gru whose gate and candidate do not read the state.

    z = sigma(W_z x + b_z)               update gate: how much of the candidate enters
    n = g(W_n x + b_n)                   candidate; g(u) = u
    h' = (1 - z) * h + z * n             output

With the option `positive`, g(u) = u + 1/2 from 0 up and sigma(u) below, as the paper has it, so that h > 0. No sum
reads h: what is left of a step is linear in it. So one layer knows of the past what has not yet decayed, and no order
beyond that; the layers above see more. Sums in the order z, n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, where
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option


class State(NamedTuple):
    """h, which is output and memory in one: (B, H)."""

    h: Array


def positive_part(x: Array) -> Array:
    """x + 1/2 from 0 up, sigma(x) below: continuous, rising, and never 0."""
    return where(x >= 0, x + 0.5, sigmoid(x))


@dataclass(frozen=True)
class MinGRU(Cell):
    TITLE = "Minimal gated recurrent unit"
    PAPER = "Feng et al. 2024, Were RNNs All We Needed?"
    FAMILY = "linear recurrence"
    GATES = ("update",)
    STATE = State

    positive: bool = option(False, "candidates are made positive, as in the paper")
    update_bias: float = option(
        -1.0, "initial bias of the update gate; below 0, units remember for longer", -20.0, 20.0
    )

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        return {"weight_ih": (2 * hidden_size, input_size), "bias": (2 * hidden_size,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias"][:hidden_size] = self.update_bias
        return values

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 2H) and the state -> output (B, H), the new state, the gate"""
        z, n = split(projected, 2)
        z = sigmoid(z)
        h = (1 - z) * state.h + z * (positive_part(n) if self.positive else n)
        return h, State(h), {"update": z}
