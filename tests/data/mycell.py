"""A cell with one gate, which mixes the state with a new value.

z  = sigma(W_z x + U_z h + b_z)      how much of the state is kept
n  = tanh(W_n x + U_n h + b_n)
h' = z * h + (1 - z) * n
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from charlm.cells.arrays import sigmoid, split, tanh
from charlm.cells.cell import Cell


class State(NamedTuple):
    h: Any


@dataclass(frozen=True)
class MyCell(Cell):
    TITLE, PAPER, STATE = "One gate", "my own", State

    def shapes(self, input_size, hidden_size, below=False):
        rows = 2 * hidden_size
        return {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size), "bias": (rows,)}

    def step(self, weights, projected, state, below=None):
        z, n = split(projected + state.h @ weights["weight_hh"].T, 2)
        h = sigmoid(z) * state.h + (1 - sigmoid(z)) * tanh(n)
        return h, State(h), {}
