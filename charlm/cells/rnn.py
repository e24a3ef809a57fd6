"""The simple recurrent network (Elman 1990).

    h' = tanh(W x + U h + b)

The weights are torch.nn.RNN's, with two biases, whose sum is b.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from charlm.cells.arrays import Array, linear, tanh
from charlm.cells.cell import Cell, Weights


class State(NamedTuple):
    """h, the output: (B, H)."""

    h: Array


@dataclass(frozen=True)
class RNN(Cell):
    TITLE = "Simple recurrent network"
    PAPER = "Elman 1990, Finding Structure in Time"
    FAMILY = "simple"
    STATE = State
    torch_kernel = "rnn_tanh"

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        return {
            "weight_ih": (hidden_size, input_size),
            "weight_hh": (hidden_size, hidden_size),
            "bias_ih": (hidden_size,),
            "bias_hh": (hidden_size,),
        }

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., H)"""
        return linear(x, weights["weight_ih"], weights["bias_ih"] + weights["bias_hh"])

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, H) and the state -> output (B, H), the new state, no gates"""
        h = tanh(projected + state.h @ weights["weight_hh"].T)
        return h, State(h), {}
