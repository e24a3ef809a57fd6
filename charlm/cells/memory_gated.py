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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, concatenate, sigmoid, split, tanh
from charlm.cells.cell import Weights
from charlm.cells.gradients import CellWithBackward, Gradients, Trace, matrix_gradient, vector_gradient
from charlm.cells.option import option


class State(NamedTuple):
    """m, the memory: (B, H)."""

    m: Array


@dataclass(frozen=True)
class MemoryGated(CellWithBackward):
    TITLE = "Gates on the memory"
    PAPER = "Hochreiter and Schmidhuber 1997, Long Short-Term Memory, as tutorials simplify it"
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
        """(B, 4H) and the state -> output (B, H), the new state, the gates and the candidate"""
        gates = 3 * state.m.shape[-1]
        sums = projected[..., :gates] + state.m @ weights["weight_hh"].T + weights["bias"]
        r, f, o = split(sigmoid(sums), 3)
        g = tanh(projected[..., gates:])
        m = f * state.m + r * g
        return o * tanh(m), State(m), {"remember": r, "forget": f, "output": o, "candidate": g}

    def local_derivatives(self, weights: Weights, trace: Trace) -> tuple[Array, ...]:
        r, f, o, g = (trace.inner[name] for name in ("remember", "forget", "output", "candidate"))
        shown = tanh(trace.after.m)
        by_r, by_f, by_g = r * (1 - r) * g, f * (1 - f) * trace.before.m, r * (1 - g * g)  # dm' / d sums
        return by_r, by_f, o * (1 - o) * shown, by_g, o * (1 - shown * shown), f

    def step_backward(
        self, weights: Weights, local: Sequence[Array], d_output: Array, d_state: State
    ) -> tuple[Array, State]:
        by_r, by_f, by_o, by_g, through, f = local
        d_m = d_state.m + d_output * through
        d_gates = concatenate([d_m * by_r, d_m * by_f, d_output * by_o])
        return concatenate([d_gates, d_m * by_g]), State(d_m * f + vector_gradient(d_gates, weights["weight_hh"]))

    def weight_gradients(self, weights: Weights, trace: Trace, d_sums: Array) -> Gradients:
        d_gates = d_sums[..., : weights["bias"].shape[0]]
        by_weight = {
            "weight_hh": matrix_gradient(d_gates, trace.before.m, weights["weight_hh"]),
            "bias": d_gates.sum((0, 1)),
        }
        return Gradients(projected=d_sums, weights=by_weight)
