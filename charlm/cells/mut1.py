"""The first of three cells that a search over ten thousand found (Jozefowicz, Zaremba and Sutskever 2015).

    z = sigma(W_z x + b_z)                               update gate, which sees the input alone
    r = sigma(W_r x + U_r h + b_r)                       reset gate
    n = tanh(U (r * h) + tanh(W x) + b)                  candidate
    h' = n * z + h * (1 - z)                             output

Gates in the order z, r, then the candidate, in `weight_ih` and `bias`; `weight_hh` has U_r, then U.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.cell import Cell, Weights


class State(NamedTuple):
    """h, which is output and memory in one: (B, H)."""

    h: Array


@dataclass(frozen=True)
class MUT1(Cell):
    TITLE = "First mutant"
    PAPER = "Jozefowicz, Zaremba and Sutskever 2015, An Empirical Exploration of Recurrent Network Architectures"
    FAMILY = "gated"
    GATES = ("update", "reset")
    STATE = State

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        return {
            "weight_ih": (3 * hidden_size, input_size),
            "weight_hh": (2 * hidden_size, hidden_size),
            "bias": (3 * hidden_size,),
        }

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 3H)"""
        return x @ weights["weight_ih"].T

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 3H) and the state -> output (B, H), the new state, the gates"""
        z, r, x = split(projected, 3)
        b_z, b_r, b = split(weights["bias"], 3)
        hidden_size = state.h.shape[-1]
        u_r, u = weights["weight_hh"][:hidden_size], weights["weight_hh"][hidden_size:]
        z = sigmoid(z + b_z)
        r = sigmoid(r + state.h @ u_r.T + b_r)
        n = tanh((r * state.h) @ u.T + tanh(x) + b)
        h = n * z + state.h * (1 - z)
        return h, State(h), {"update": z, "reset": r}
