"""Gated recurrent unit (Cho et al. 2014), in the form that torch.nn.GRU and cuDNN have, and as it was first published.

    r = sigma(W_r x + U_r h + b_r)               reset gate: how much of the past the candidate sees
    z = sigma(W_z x + U_z h + b_z)               update gate: how much of the past stays
    n = tanh(W_n x + b_n + r * (U_n h + b_u))    candidate; as first published: tanh(W_n x + b_n + U_n (r * h) + b_u)
    h' = (1 - z) * n + z * h                     output

The weights are torch.nn.GRU's: gates in the order r, z, n, and two biases; only n needs both (b_n outside, b_u inside).
With the option `rounds`, input and output gate each other first (rounds.py), and the products read what comes of that.
The h that z keeps is the one before the rounds: with gates of up to 2 on it, it could grow without bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, linear, sigmoid, split, tanh
from charlm.cells.cell import Cell, TorchKernel, Weights
from charlm.cells.option import as_field, option
from charlm.cells.rounds import RANK, ROUNDS, gated, handed_through, initial_rounds, ready_for_rounds, with_rounds


class State(NamedTuple):
    """h, which is output and memory in one: (B, H)."""

    h: Array


@dataclass(frozen=True)
class GRU(Cell):
    TITLE = "Gated recurrent unit"
    PAPER = "Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder"
    FAMILY = "gated"
    GATES = ("reset", "update")
    STATE = State
    FORMS = ({"rounds": 2, "rank": 0}, {"rounds": 1, "first_form": True})

    first_form: bool = option(False, "as first published: h is gated before its product with U_n, not after it")
    rounds: int = as_field(ROUNDS)
    rank: int = as_field(RANK)

    @property
    def torch_kernel(self) -> TorchKernel | None:
        return None if self.first_form or self.rounds else "gru"

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        gates = 3 * hidden_size
        plain = {
            "weight_ih": (gates, input_size),
            "weight_hh": (gates, hidden_size),
            "bias_ih": (gates,),
            "bias_hh": (gates,),
        }
        return with_rounds(plain, self.rounds, self.rank, input_size, hidden_size)

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        return initial_rounds(super().initial_weights(rng, input_size, hidden_size, below))

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 3H); with rounds x itself, (..., H)"""
        if self.rounds:
            return handed_through(weights, x, gates=3)
        return linear(x, weights["weight_ih"], weights["bias_ih"])

    def step_weights(self, weights: Weights) -> Weights:
        return ready_for_rounds(weights, self.rounds, weights["bias_ih"])

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 3H), or (B, H) with rounds, and the state -> output (B, H), the new state, the gates"""
        h, gates = state.h, 2 * state.h.shape[-1]
        if self.rounds:
            projected, h = gated(weights, self.rounds, projected, h)
        u, u_n = weights["weight_hh"][:gates], weights["weight_hh"][gates:]
        b, b_n = weights["bias_hh"][:gates], weights["bias_hh"][gates:]
        r, z = split(sigmoid(projected[..., :gates] + h @ u.T + b), 2)
        past = (r * h) @ u_n.T + b_n if self.first_form else r * (h @ u_n.T + b_n)
        n = tanh(projected[..., gates:] + past)
        new = (1 - z) * n + z * state.h
        return new, State(new), {"reset": r, "update": z}
