"""Gated recurrent unit (Cho et al. 2014), in the form that torch.nn.GRU and cuDNN have, and as it was first published.

    r = sigma(W_r x + U_r h + b_r)               reset gate: how much of the past the candidate sees
    z = sigma(W_z x + U_z h + b_z)               update gate: how much of the past stays
    n = tanh(W_n x + b_n + r * (U_n h + b_u))    candidate; as first published: tanh(W_n x + b_n + U_n (r * h) + b_u)
    h' = (1 - z) * n + z * h                     output

The weights are torch.nn.GRU's: gates in the order r, z, n, and two biases; only n needs both (b_n outside, b_u inside).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from charlm.cells.arrays import Array, concatenate, sigmoid, split, tanh
from charlm.cells.cell import TorchKernel, Weights
from charlm.cells.gradients import CellWithBackward, Gradients, Trace, matrix_gradient, vector_gradient
from charlm.cells.option import option


class State(NamedTuple):
    """h, which is output and memory in one: (B, H)."""

    h: Array


@dataclass(frozen=True)
class GRU(CellWithBackward):
    TITLE = "Gated recurrent unit"
    PAPER = "Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder"
    GATES = ("reset", "update")
    STATE = State

    first_form: bool = option(False, "as first published: h is gated before its product with U_n, not after it")

    @property
    def torch_kernel(self) -> TorchKernel | None:
        return None if self.first_form else "gru"

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        gates = 3 * hidden_size
        return {
            "weight_ih": (gates, input_size),
            "weight_hh": (gates, hidden_size),
            "bias_ih": (gates,),
            "bias_hh": (gates,),
        }

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 3H)"""
        return x @ weights["weight_ih"].T + weights["bias_ih"]

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 3H) and the state -> output (B, H), the new state, the gates, the candidate and the past"""
        h, gates = state.h, 2 * state.h.shape[-1]
        u, u_n = weights["weight_hh"][:gates], weights["weight_hh"][gates:]
        b, b_n = weights["bias_hh"][:gates], weights["bias_hh"][gates:]
        r, z = split(sigmoid(projected[..., :gates] + h @ u.T + b), 2)
        past = (r * h) @ u_n.T + b_n if self.first_form else h @ u_n.T + b_n
        n = tanh(projected[..., gates:] + (past if self.first_form else r * past))
        new = (1 - z) * n + z * h
        return new, State(new), {"reset": r, "update": z, "candidate": n, "past": past}

    def local_derivatives(self, weights: Weights, trace: Trace) -> tuple[Array, ...]:
        r, z, n, past = (trace.inner[name] for name in ("reset", "update", "candidate", "past"))
        h = trace.before.h
        gated = h if self.first_form else past
        return gated * r * (1 - r), (h - n) * z * (1 - z), (1 - z) * (1 - n * n), r, z

    def step_backward(
        self, weights: Weights, local: Sequence[Array], d_output: Array, d_state: State
    ) -> tuple[Array, State]:
        by_r, by_z, by_n, r, z = local
        d_h = d_output + d_state.h
        d_n, d_z = d_h * by_n, d_h * by_z
        if self.first_form:
            u, u_n = weights["weight_hh"][: 2 * r.shape[-1]], weights["weight_hh"][2 * r.shape[-1] :]
            d_gated = vector_gradient(d_n, u_n)  # with respect to r * h
            d_gates = concatenate([d_gated * by_r, d_z])
            return concatenate([d_gates, d_n, d_n]), State(d_h * z + d_gated * r + vector_gradient(d_gates, u))
        d_sums = concatenate([d_n * by_r, d_z, d_n * r])
        return concatenate([d_sums, d_n]), State(d_h * z + vector_gradient(d_sums, weights["weight_hh"]))

    def weight_gradients(self, weights: Weights, trace: Trace, d_sums: Array) -> Gradients:
        d_r, d_z, d_past, d_n = split(d_sums, 4)
        h = trace.before.h
        read = trace.inner["reset"] * h if self.first_form else h
        u = weights["weight_hh"]
        by_matrix = [matrix_gradient(concatenate([d_r, d_z]), h, u), matrix_gradient(d_past, read, u)]
        return Gradients(
            projected=concatenate([d_r, d_z, d_n]),
            weights={
                "weight_hh": concatenate(by_matrix, axis=0),
                "bias_hh": concatenate([d_r, d_z, d_past]).sum((0, 1)),
            },
        )
