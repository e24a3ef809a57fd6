"""Long short-term memory whose gates see the memory (Gers and Schmidhuber 2000).

    i = sigma(W_i x + U_i h + p_i * c + b_i)     input gate, which reads the old memory
    f = sigma(W_f x + U_f h + p_f * c + b_f)     forget gate, which reads the old memory
    g = tanh(W_g x + U_g h + b_g)                candidate
    c' = f * c + i * g                           memory
    o = sigma(W_o x + U_o h + p_o * c' + b_o)    output gate, which reads the new memory
    h' = o * tanh(c')                            output

Gates in the order i, f, g, o; one bias; the peepholes p_i, p_f, p_o are vectors, one after the other in `peephole`.
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
class Peephole(Cell):
    TITLE = "Long short-term memory with peepholes"
    PAPER = "Gers and Schmidhuber 2000, Recurrent Nets that Time and Count"
    FAMILY = "memory cells"
    GATES = ("input", "forget", "output")
    STATE = State
    MEMORY = "c"

    forget_bias: float = option(1.0, "initial bias of the forget gate", -20.0, 20.0)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        gates = 4 * hidden_size
        return {
            "weight_ih": (gates, input_size),
            "weight_hh": (gates, hidden_size),
            "bias": (gates,),
            "peephole": (3 * hidden_size,),  # zero at first, so that the cell starts as an lstm
        }

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias"][hidden_size : 2 * hidden_size] = self.forget_bias
        return values

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H) and the state -> output (B, H), the new state, the gates"""
        i, f, g, o = split(projected + state.h @ weights["weight_hh"].T, 4)
        p_i, p_f, p_o = split(weights["peephole"], 3)
        i, f, g = sigmoid(i + p_i * state.c), sigmoid(f + p_f * state.c), tanh(g)
        c = f * state.c + i * g
        o = sigmoid(o + p_o * c)
        h = o * tanh(c)
        return h, State(h, c), {"input": i, "forget": f, "output": o}
