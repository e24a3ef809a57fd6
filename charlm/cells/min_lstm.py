"""The minimal long short-term memory (Feng et al. 2024): an lstm whose gates and candidate do not read the state.

    f = sigma(W_f x + b_f)               forget gate
    i = sigma(W_i x + b_i)               input gate
    n = g(W_n x + b_n)                   candidate; g(u) = u
    f' = f / (f + i)                     the gates' shares of their sum; the input gate's is 1 - f'
    h' = f' * h + (1 - f') * n           output

With the option `positive`, g(u) = u + 1/2 from 0 up and sigma(u) below, as the paper has it, so that h > 0. No sum
reads h: what is left of a step is linear in it. Sums in the order f, i, n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, exp, split, where
from charlm.cells.cell import Cell, Weights
from charlm.cells.min_gru import positive_part
from charlm.cells.option import option

LOWEST = -60.0  # of a gate's sum; e^60 is far from the largest float32


class State(NamedTuple):
    """h, which is output and memory in one: (B, H)."""

    h: Array


@dataclass(frozen=True)
class MinLSTM(Cell):
    TITLE = "Minimal long short-term memory"
    PAPER = "Feng et al. 2024, Were RNNs All We Needed?"
    FAMILY = "linear recurrence"
    GATES = ("forget", "input")
    STATE = State

    positive: bool = option(False, "candidates are made positive, as in the paper")
    forget_bias: float = option(1.0, "initial bias of the forget gate", -20.0, 20.0)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        return {"weight_ih": (3 * hidden_size, input_size), "bias": (3 * hidden_size,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias"][:hidden_size] = self.forget_bias
        return values

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 3H) and the state -> output (B, H), the new state, the gates' shares"""
        f, i, n = split(projected, 3)
        # f / (f + i) by what both are 1 over: two gates that are nearly closed keep their ratio, and never are 0 / 0.
        over_f, over_i = 1 + exp(-_limited(f)), 1 + exp(-_limited(i))
        f = over_i * (1 / (over_i + over_f))
        i = 1 - f
        h = f * state.h + i * (positive_part(n) if self.positive else n)
        return h, State(h), {"forget": f, "input": i}


def _limited(x: Array) -> Array:
    return where(x > LOWEST, x, 0 * x + LOWEST)
