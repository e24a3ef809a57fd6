"""The real-gated linear recurrent unit (De et al. 2024; after Orvieto et al. 2023).

    r = sigma(W_r x + b_r)                           recurrence gate: how much of its decay a unit makes use of
    i = sigma(W_i x + b_i)                           input gate
    ln a = -8 r * softplus(L)                        each unit's decay, with one learned number L for each
    h' = a * h + sqrt(1 - a^2) * (i * x)             output; for the first symbol of a text a * h + i * x

The root keeps the size of h whatever a is. W_r and W_i are block-diagonal: a gate reads the inputs of its own block. x
itself enters the state, so an input of another width goes through a matrix first (`weight_ih_x`). Sums in the order r,
i; a row of `weight_ih` has the columns of its own block.

Published inside a block with a convolution, a gate and a residual connection; the cell is the recurrence alone. `begun`
is 1 from the first symbol on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, expm1, sigmoid, softplus, split, sqrt, where
from charlm.cells.block_products import block_products
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option

SHARPNESS = 8.0  # the paper's constant: an open gate decays by the eighth power of what the unit has learned
SLOWEST, FASTEST = 0.998, 0.81  # of new units: squares of e^-softplus(L), drawn evenly
LEAST = 2.5e-7  # is added to 1 - a^2: the slope of the root is then at most 1000, as in the paper's own code


class State(NamedTuple):
    """h, which is output and memory in one, and begun, 0 before the first symbol and 1 after it: (B, H) each."""

    h: Array
    begun: Array


@dataclass(frozen=True)
class RGLRU(Cell):
    TITLE = "Real-gated linear recurrent unit"
    PAPER = (
        "De et al. 2024, Griffin: Mixing Gated Linear Recurrences with Local Attention for Efficient Language Models"
    )
    FAMILY = "linear recurrence"
    GATES = ("recurrence", "input")
    STATE = State

    blocks: int = option(4, "blocks of units; a gate reads the inputs of its own block", 1, 64)

    def size_problem(self, hidden_size: int) -> str | None:
        if hidden_size % self.blocks:
            near = max(1, round(hidden_size / self.blocks)) * self.blocks
            return f"must be a multiple of the {self.blocks} blocks of rg_lru, such as {near}"
        return None

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        matrix = {} if input_size == hidden_size else {"weight_ih_x": (hidden_size, input_size)}
        gates, size = 2 * hidden_size, hidden_size // self.blocks
        return {**matrix, "weight_ih": (gates, size), "bias": (gates,), "decay": (hidden_size,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        shape = values["weight_ih"].shape
        values["weight_ih"] = (rng.standard_normal(shape) * shape[1] ** -0.5).astype(np.float32)
        kept = np.sqrt(rng.uniform(FASTEST, SLOWEST, hidden_size))  # softplus(L) = -ln kept
        values["decay"] = np.log(1 / kept - 1).astype(np.float32)
        return values

    def step_weights(self, weights: Weights) -> Weights:
        """`rate`: ln a of each unit with an open gate."""
        return {**weights, "rate": -SHARPNESS * softplus(weights["decay"])}

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 3H): the sums of both gates without their biases, and what enters the state"""
        if "weight_ih_x" in weights:
            x = x @ weights["weight_ih_x"].T
        units = x.shape[-1]
        return block_products(x.reshape(-1, units), weights["weight_ih"]).reshape(*x.shape[:-1], 3 * units)

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 3H) and the state -> output (B, H), the new state, the gates"""
        r, i, x = split(projected, 3)
        b_r, b_i = split(weights["bias"], 2)
        r, i = sigmoid(r + b_r), sigmoid(i + b_i)
        lost = expm1(r * weights["rate"])  # a - 1, to all digits: 1 - a^2 is then exact where a is nearly 1
        root = sqrt(LEAST - lost * (lost + 2))
        ones = 0 * state.begun + 1
        h = (1 + lost) * state.h + where(state.begun > 0.5, root, ones) * (i * x)
        return h, State(h, ones), {"recurrence": r, "input": i}
