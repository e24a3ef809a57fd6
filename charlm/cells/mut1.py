"""The first of three cells that a search over ten thousand found (Jozefowicz, Zaremba and Sutskever 2015).

    z = sigma(W_z x + b_z)                               update gate, which sees the input alone
    r = sigma(W_r x + U_r h + b_r)                       reset gate
    n = tanh(U (r * h) + tanh(W x) + b)                  candidate
    h' = n * z + h * (1 - z)                             output

Gates in the order z, r, then the candidate, in `weight_ih` and `bias`; `weight_hh` has U_r, then U.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from charlm.cells.arrays import Array, concatenate, sigmoid, split, tanh
from charlm.cells.cell import Weights
from charlm.cells.gradients import CellWithBackward, Gradients, Trace, matrix_gradient, vector_gradient


class State(NamedTuple):
    """h, which is output and memory in one: (B, H)."""

    h: Array


@dataclass(frozen=True)
class MUT1(CellWithBackward):
    TITLE = "First mutant"
    PAPER = "Jozefowicz, Zaremba and Sutskever 2015, An Empirical Exploration of Recurrent Network Architectures"
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
        """(B, 3H) and the state -> output (B, H), the new state, the gates and the candidate"""
        z, r, x = split(projected, 3)
        b_z, b_r, b = split(weights["bias"], 3)
        hidden_size = state.h.shape[-1]
        u_r, u = weights["weight_hh"][:hidden_size], weights["weight_hh"][hidden_size:]
        z = sigmoid(z + b_z)
        r = sigmoid(r + state.h @ u_r.T + b_r)
        n = tanh((r * state.h) @ u.T + tanh(x) + b)
        h = n * z + state.h * (1 - z)
        return h, State(h), {"update": z, "reset": r, "candidate": n}

    def local_derivatives(self, weights: Weights, trace: Trace) -> tuple[Array, ...]:
        z, r, n, h = trace.inner["update"], trace.inner["reset"], trace.inner["candidate"], trace.before.h
        return (n - h) * z * (1 - z), h * r * (1 - r), z * (1 - n * n), r, 1 - z

    def step_backward(
        self, weights: Weights, local: Sequence[Array], d_output: Array, d_state: State
    ) -> tuple[Array, State]:
        by_z, by_r, by_n, r, kept = local
        u_r, u = weights["weight_hh"][: r.shape[-1]], weights["weight_hh"][r.shape[-1] :]
        d_h = d_output + d_state.h
        d_n = d_h * by_n
        d_gated = vector_gradient(d_n, u)  # with respect to r * h
        d_r = d_gated * by_r
        return concatenate([d_h * by_z, d_r, d_n]), State(d_h * kept + d_gated * r + vector_gradient(d_r, u_r))

    def weight_gradients(self, weights: Weights, trace: Trace, d_sums: Array) -> Gradients:
        d_z, d_r, d_n = split(d_sums, 3)
        inside = tanh(split(trace.projected, 3)[2])
        h, u = trace.before.h, weights["weight_hh"]
        by_matrix = [matrix_gradient(d_r, h, u), matrix_gradient(d_n, trace.inner["reset"] * h, u)]
        return Gradients(
            projected=concatenate([d_z, d_r, d_n * (1 - inside * inside)]),
            weights={
                "weight_hh": concatenate(by_matrix, axis=0),
                "bias": d_sums.sum((0, 1)),
            },
        )
