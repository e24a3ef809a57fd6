"""The simple recurrent network (Elman 1990).

    h' = tanh(W x + U h + b)

The weights are torch.nn.RNN's, with two biases, whose sum is b. With the option `rounds`, input and output gate each
other first, and x and h are what comes of that (rounds.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, linear, tanh
from charlm.cells.cell import Cell, TorchKernel, Weights
from charlm.cells.option import as_field
from charlm.cells.rounds import RANK, ROUNDS, gated, handed_through, initial_rounds, ready_for_rounds, with_rounds


class State(NamedTuple):
    """h, the output: (B, H)."""

    h: Array


@dataclass(frozen=True)
class RNN(Cell):
    TITLE = "Simple recurrent network"
    PAPER = "Elman 1990, Finding Structure in Time"
    FAMILY = "simple"
    STATE = State
    FORMS = ({"rounds": 2, "rank": 2},)

    rounds: int = as_field(ROUNDS)
    rank: int = as_field(RANK)

    @property
    def torch_kernel(self) -> TorchKernel | None:
        return None if self.rounds else "rnn_tanh"

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        plain = {
            "weight_ih": (hidden_size, input_size),
            "weight_hh": (hidden_size, hidden_size),
            "bias_ih": (hidden_size,),
            "bias_hh": (hidden_size,),
        }
        return with_rounds(plain, self.rounds, self.rank, input_size, hidden_size)

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        return initial_rounds(super().initial_weights(rng, input_size, hidden_size, below))

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., H); with rounds x itself"""
        if self.rounds:
            return handed_through(weights, x, gates=1)
        return linear(x, weights["weight_ih"], weights["bias_ih"] + weights["bias_hh"])

    def step_weights(self, weights: Weights) -> Weights:
        return ready_for_rounds(weights, self.rounds, weights["bias_ih"] + weights["bias_hh"])

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, H) and the state -> output (B, H), the new state, no gates"""
        h = state.h
        if self.rounds:
            projected, h = gated(weights, self.rounds, projected, h)
        h = tanh(projected + h @ weights["weight_hh"].T)
        return h, State(h), {}
