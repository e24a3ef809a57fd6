"""A memory whose gates see the input and the memory itself, and whose candidate sees the input alone.

    r = sigma(W_r x + U_r m + b_r)      remember gate: how much of the candidate is written
    f = sigma(W_f x + U_f m + b_f)      forget gate: how much of the memory is kept
    o = sigma(W_o x + U_o m + b_o)      output gate: how much of the memory is shown
    m' = f * m + r * tanh(W_in x)       memory
    h' = o * tanh(m')                   output, which is not read again

Tutorials on LSTMs draw the cell in this form, after Hochreiter and Schmidhuber 1997 and Gers et al. 1999. The output is
no part of the state. Gates in the order r, f, o; the candidate's weights come last in `weight_ih`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option


class State(NamedTuple):
    """m, the memory: (B, H)."""

    m: Array


@dataclass(frozen=True)
class MemoryGated(Cell):
    TITLE = "Gates on the memory"
    PAPER = "Hochreiter and Schmidhuber 1997, Long Short-Term Memory, as tutorials simplify it"
    FAMILY = "memory cells"
    GATES = ("remember", "forget", "output")
    STATE = State
    MEMORY = "m"

    forget_bias: float = option(1.0, "initial bias of the forget gate", -20.0, 20.0)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        gates = 3 * hidden_size
        return {"weight_ih": (4 * hidden_size, input_size), "weight_hh": (gates, hidden_size), "bias": (gates,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias"][hidden_size : 2 * hidden_size] = self.forget_bias
        return values

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 4H)"""
        return x @ weights["weight_ih"].T

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H) and the state -> output (B, H), the new state, the gates"""
        gates = 3 * state.m.shape[-1]
        sums = projected[..., :gates] + state.m @ weights["weight_hh"].T + weights["bias"]
        r, f, o = split(sigmoid(sums), 3)
        m = f * state.m + r * tanh(projected[..., gates:])
        return o * tanh(m), State(m), {"remember": r, "forget": f, "output": o}
