"""Multiplicative long short-term memory (Krause et al. 2016): each symbol has a recurrent matrix of its own.

    m = (W_m x + b_m) * (U_m h)         what takes the place of h: U diag(W_m x + b_m) U_m is the symbol's own matrix
    i = sigma(W_i x + U_i m + b_i)      input gate: how much of the candidate is written
    f = sigma(W_f x + U_f m + b_f)      forget gate: how much of the memory is kept
    g = tanh(W_g x + U_g m + b_g)       candidate
    o = sigma(W_o x + U_o m + b_o)      output gate: how much of the memory is shown
    c' = f * c + i * g                  memory
    h' = o * tanh(c')                   output

Blocks in the order m, i, f, g, o, in `weight_ih`, `weight_hh` (U_m, which reads h, and the others, which read m) and
`bias`. b_m is 1 at first, so that m begins near U_m h. With U_m = I, W_m = 0 and b_m = 1 it is an lstm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option


class State(NamedTuple):
    """h, the output, and c, the memory: (B, H) each."""

    h: Array
    c: Array


@dataclass(frozen=True)
class Multiplicative(Cell):
    TITLE = "Multiplicative long short-term memory"
    PAPER = "Krause et al. 2016, Multiplicative LSTM for Sequence Modelling"
    FAMILY = "multiplicative"
    GATES = ("input", "forget", "output")
    STATE = State
    MEMORY = "c"

    forget_bias: float = option(1.0, "initial bias of the forget gate", -20.0, 20.0)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        sums = 5 * hidden_size
        return {"weight_ih": (sums, input_size), "weight_hh": (sums, hidden_size), "bias": (sums,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias"][:hidden_size] = 1
        values["bias"][2 * hidden_size : 3 * hidden_size] = self.forget_bias
        return values

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 5H) and the state -> output (B, H), the new state, the gates"""
        size = state.h.shape[-1]
        u_m, u = weights["weight_hh"][:size], weights["weight_hh"][size:]
        m = projected[..., :size] * (state.h @ u_m.T)
        i, f, g, o = split(projected[..., size:] + m @ u.T, 4)
        i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
        c = f * state.c + i * tanh(g)
        h = o * tanh(c)
        return h, State(h, c), {"input": i, "forget": f, "output": o}
