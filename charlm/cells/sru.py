"""The simple recurrent unit (Lei et al. 2018): gates read a memory unit by unit, and all products are of the input.

    n = W_n x                                    candidate
    f = sigma(W_f x + v_f * c + b_f)             forget gate
    r = sigma(W_r x + v_r * c + b_r)             reset gate, which mixes the memory with the input
    c' = f * c + (1 - f) * n                     memory
    h' = r * c' + (1 - r) * s x                  output; s = sqrt(1 + 2 exp(b_r at the start))

s gives the output of a new layer the size of its input. An input of another width than the layer goes through a
matrix, whose rows come last in `weight_ih`. Sums in the order n, f, r; v_f and v_r are one vector, `weight_c`. The
gates read c, so the step is not linear in its state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split
from charlm.cells.block_products import block_products
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option


class State(NamedTuple):
    """c, the memory: (B, H)."""

    c: Array


@dataclass(frozen=True)
class SRU(Cell):
    TITLE = "Simple recurrent unit"
    PAPER = "Lei et al. 2018, Simple Recurrent Units for Highly Parallelizable Recurrence"
    FAMILY = "linear recurrence"
    GATES = ("forget", "reset")
    STATE = State
    MEMORY = "c"

    reset_bias: float = option(
        -2.0, "initial bias of the reset gate; below 0, a new layer passes its input on", -20, 20
    )

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        sums = 3 if input_size == hidden_size else 4
        gates = 2 * hidden_size  # `weight_c` is zero at first
        return {"weight_ih": (sums * hidden_size, input_size), "weight_c": (gates,), "bias": (gates,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["weight_ih"] *= np.float32(3**0.5)  # the variance of the input is kept, as there is no tanh
        values["bias"][hidden_size:] = self.reset_bias
        return values

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 4H): the sums without their biases, and the input that may be passed on"""
        weight, blocks = weights["weight_ih"], 2 * weights["weight_ih"].shape[0] // weights["bias"].shape[0]
        if blocks == 4:  # the input passes through a matrix
            return x @ weight.T
        return block_products(x.reshape(-1, x.shape[-1]), weight).reshape(*x.shape[:-1], -1)

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H) and the state -> output (B, H), the new state, the gates"""
        n, f, r, x = split(projected, 4)
        v_f, v_r = split(weights["weight_c"], 2)
        b_f, b_r = split(weights["bias"], 2)
        f, r = sigmoid(f + v_f * state.c + b_f), sigmoid(r + v_r * state.c + b_r)
        c = f * state.c + (1 - f) * n
        scale = math.sqrt(1 + 2 * math.exp(self.reset_bias))
        return r * c + (1 - r) * (scale * x), State(c), {"forget": f, "reset": r}
