"""Long short-term memory with a forget gate (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 1999).

    i = sigma(W_i x + U_i h + b_i)      input gate: how much of the candidate is written
    f = sigma(W_f x + U_f h + b_f)      forget gate: how much of the memory is kept
    g = tanh(W_g x + U_g h + b_g)       candidate
    o = sigma(W_o x + U_o h + b_o)      output gate: how much of the memory is shown
    c' = f * c + i * g                  memory
    h' = o * tanh(c')                   output

The weights are torch.nn.LSTM's: gates in the order i, f, g, o, and two biases, whose sum is b.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, linear, sigmoid, split, tanh
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option


class State(NamedTuple):
    """h, the output, and c, the memory: (B, H) each."""

    h: Array
    c: Array


@dataclass(frozen=True)
class LSTM(Cell):
    TITLE = "Long short-term memory"
    PAPER = "Gers, Schmidhuber and Cummins 1999, Learning to Forget: Continual Prediction with LSTM"
    FAMILY = "memory cells"
    GATES = ("input", "forget", "output")
    STATE = State
    MEMORY = "c"
    torch_kernel = "lstm"

    forget_bias: float = option(1.0, "initial bias of the forget gate (Jozefowicz et al. 2015 advise 1)", -20.0, 20.0)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        gates = 4 * hidden_size
        return {
            "weight_ih": (gates, input_size),
            "weight_hh": (gates, hidden_size),
            "bias_ih": (gates,),
            "bias_hh": (gates,),
        }

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias_ih"][hidden_size : 2 * hidden_size] = self.forget_bias
        return values

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 4H)"""
        return linear(x, weights["weight_ih"], weights["bias_ih"] + weights["bias_hh"])

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H) and the state -> output (B, H), the new state, the gates"""
        i, f, g, o = split(projected + state.h @ weights["weight_hh"].T, 4)
        i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
        c = f * state.c + i * tanh(g)
        h = o * tanh(c)
        return h, State(h, c), {"input": i, "forget": f, "output": o}
