"""Long short-term memory with a forget gate (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 1999).

    i = sigma(W_i x + U_i h + b_i)      input gate: how much of the candidate is written
    f = sigma(W_f x + U_f h + b_f)      forget gate: how much of the memory is kept
    g = tanh(W_g x + U_g h + b_g)       candidate
    o = sigma(W_o x + U_o h + b_o)      output gate: how much of the memory is shown
    c' = f * c + i * g                  memory
    h' = o * tanh(c')                   output

The weights are torch.nn.LSTM's: gates in the order i, f, g, o, and two biases, whose sum is b. With the option
`rounds`, input and output gate each other first, and x and h are what comes of that (rounds.py).
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
    FORMS = ({"rounds": 3, "rank": 2},)

    forget_bias: float = option(1.0, "initial bias of the forget gate (Jozefowicz et al. 2015 advise 1)", -20.0, 20.0)
    rounds: int = as_field(ROUNDS)
    rank: int = as_field(RANK)

    @property
    def torch_kernel(self) -> TorchKernel | None:
        return None if self.rounds else "lstm"

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        gates = 4 * hidden_size
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
        values = initial_rounds(super().initial_weights(rng, input_size, hidden_size, below))
        values["bias_ih"][hidden_size : 2 * hidden_size] = self.forget_bias
        return values

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 4H); with rounds x itself, (..., H)"""
        if self.rounds:
            return handed_through(weights, x, gates=4)
        return linear(x, weights["weight_ih"], weights["bias_ih"] + weights["bias_hh"])

    def step_weights(self, weights: Weights) -> Weights:
        return ready_for_rounds(weights, self.rounds, weights["bias_ih"] + weights["bias_hh"])

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H), or (B, H) with rounds, and the state -> output (B, H), the new state, the gates"""
        h = state.h
        if self.rounds:
            projected, h = gated(weights, self.rounds, projected, h)
        i, f, g, o = split(projected + h @ weights["weight_hh"].T, 4)
        i, f, o = sigmoid(i), sigmoid(f), sigmoid(o)
        c = f * state.c + i * tanh(g)
        h = o * tanh(c)
        return h, State(h, c), {"input": i, "forget": f, "output": o}
