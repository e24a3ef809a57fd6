"""The scalar lstm of xLSTM (Beck et al. 2024): exponential gates, and a memory divided by the sum of its weights.

    i~, f~, z~, o~ = W x + U h + b          sums of the input gate, the forget gate, the candidate, the output gate
    l = m + ln sigma(f~)                    logarithm of the weight of what was there; i~ at first, where n = 0
    m' = max(i~, l)                         logarithm by which all weights are divided
    c' = exp(l - m') c + exp(i~ - m') tanh(z~)      memory: a sum of candidates, each by its weight
    n' = exp(l - m') n + exp(i~ - m')       sum of the weights
    h' = sigma(o~) * c' / n'                output; c' / n' is a mean of candidates, and within -1 and 1

A symbol with a large i~ outweighs all that came before it. Only the ratio of weights counts: c and n divided by e^k,
with m + k in the place of m, give the same output. The gate `forget` is sigma(f~), and `input` the share that the new
candidate has of the mean.

Units come in `heads` of equal size, and U reads only the units of the same head: `weight_hh` (4 H, H / heads) has the
columns of its own head in each row, in the order i, f, z, o.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, arange, concatenate, exp, log_sigmoid, maximum, sigmoid, split, tanh, where
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option

FIRST, LAST = 5.0, -7.0  # initial bias of the forget gate of a head's first unit, and of its last


class State(NamedTuple):
    """h, the output; c, the memory; n, the sum of its weights; m, the logarithm they are divided by: (B, H) each."""

    h: Array
    c: Array
    n: Array
    m: Array


@dataclass(frozen=True)
class SLSTM(Cell):
    TITLE = "Scalar lstm of xLSTM"
    PAPER = "Beck et al. 2024, xLSTM: Extended Long Short-Term Memory"
    FAMILY = "memory cells"
    GATES = ("forget", "input", "output")
    STATE = State

    heads: int = option(4, "groups of units; U reads only the units of the same group", 1, 64)
    forget_power: float = option(
        0.3,
        "how initial forget biases fall from 5 to -7 in a head; 0.3 to 1.6 from the lowest layer to the top",
        0.05,
        5.0,
    )

    def size_problem(self, hidden_size: int) -> str | None:
        if hidden_size % self.heads:
            near = max(1, round(hidden_size / self.heads)) * self.heads
            return f"must be a multiple of the slstm's {self.heads} heads, such as {near}"
        return None

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        sums = 4 * hidden_size
        return {"weight_ih": (sums, input_size), "weight_hh": (sums, hidden_size // self.heads), "bias": (sums,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["weight_hh"][:] = 0
        share = np.linspace(0, 1, hidden_size // self.heads)
        falling = FIRST + (LAST - FIRST) * share**self.forget_power
        values["bias"][hidden_size : 2 * hidden_size] = np.tile(falling, self.heads)
        return values

    def step_weights(self, weights: Weights) -> Weights:
        """U as a whole, (4 H, H): zeros where a row would read another head."""
        own = weights["weight_hh"]
        size, width = own.shape[0] // 4, own.shape[1]
        head = arange(size, own) // width
        same = head[:, None] == head[None, :]
        return {**weights, "weight_hh": concatenate([own] * self.heads) * concatenate([same] * 4, axis=0)}

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 4H) and the state -> output (B, H), the new state, the gates"""
        i, f, z, o = split(projected + state.h @ weights["weight_hh"].T, 4)
        kept = where(state.n > 0, state.m + log_sigmoid(f), i)
        m = maximum(i, kept)
        written, left, o = exp(i - m), exp(kept - m), sigmoid(o)
        c = left * state.c + written * tanh(z)
        n = left * state.n + written
        h = o * (c / n)
        return h, State(h, c, n, m), {"forget": sigmoid(f), "input": written / n, "output": o}
