"""The recurrent highway network (Zilly et al. 2017): a step of several layers, each with a gate that can let h through.

    s = h
    n = tanh(W_n x + U_nd s + b_nd)         candidate of depth d; x is read at depth 1 alone
    t = sigma(W_t x + U_td s + b_td)        transform gate of depth d: how much of the candidate is taken
    s = t * n + (1 - t) * s                 for d = 1, 2, ... depth, one after the other
    h' = s                                  output

Blocks in the order n, t: `weight_ih` has those of W, `weight_hh` and `bias` those of each depth in turn. The gate
`carry` is the product of 1 - t over the depths: how much of h is in h'. Of depth 1, it is a gru without its reset gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from charlm.cells.arrays import Array, linear, sigmoid, split, tanh
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option


class State(NamedTuple):
    """h, which is output and memory in one: (B, H)."""

    h: Array


@dataclass(frozen=True)
class Highway(Cell):
    TITLE = "Recurrent highway network"
    PAPER = "Zilly et al. 2017, Recurrent Highway Networks"
    FAMILY = "grid and depth"
    GATES = ("carry",)
    STATE = State
    FORMS = ({"depth": 1}, {"depth": 5})

    depth: int = option(3, "layers of a step, one after the other", 1, 10)
    transform_bias: float = option(-2.0, "initial bias of the transform gates; about -4 for depth 10", -20.0, 20.0)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        sums = 2 * self.depth * hidden_size
        return {"weight_ih": (2 * hidden_size, input_size), "weight_hh": (sums, hidden_size), "bias": (sums,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias"].reshape(self.depth, 2, hidden_size)[:, 1] = self.transform_bias
        return values

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 2H), with the biases of depth 1"""
        sums = weights["weight_ih"].shape[0]
        return linear(x, weights["weight_ih"], weights["bias"][:sums])

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 2H) and the state -> output (B, H), the new state, the gate"""
        s, sums = state.h, projected.shape[-1]
        carry: Any = 1
        for d in range(self.depth):
            part = slice(d * sums, (d + 1) * sums)
            n, t = split(s @ weights["weight_hh"][part].T + (weights["bias"][part] if d else projected), 2)
            n, t = tanh(n), sigmoid(t)
            s = t * n + (1 - t) * s
            carry = (1 - t) * carry
        return s, State(s), {"carry": carry}
