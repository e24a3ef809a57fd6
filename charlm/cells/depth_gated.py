"""Long short-term memory with a gate to the memory of the layer below (Yao et al. 2015).

    i = sigma(W_i x + U_i h + b_i)      input gate: how much of the candidate is written
    f = sigma(W_f x + U_f h + b_f)      forget gate: how much of the memory is kept
    g = tanh(W_g x + U_g h + b_g)       candidate
    o = sigma(W_o x + U_o h + b_o)      output gate: how much of the memory is shown
    d = sigma(W_d x + w_c * c + w_l * l + b_d)    depth gate: how much of l, the memory below at the same time, comes up
    c' = d * l + f * c + i * g          memory
    h' = o * tanh(c')                   output

The lowest layer has no depth gate, and is an lstm. Gates in the order i, f, g, o, d; one bias; `look` is w_c, w_l.
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
class DepthGated(Cell):
    TITLE = "Depth-gated long short-term memory"
    PAPER = "Yao et al. 2015, Depth-Gated LSTM"
    FAMILY = "grid and depth"
    GATES = ("input", "forget", "output", "depth")
    STATE = State
    MEMORY = "c"
    READS_BELOW = True

    forget_bias: float = option(1.0, "initial bias of the forget gate", -20.0, 20.0)
    depth_bias: float = option(-1.0, "initial bias of the depth gate; below 0 it is more closed than open", -20.0, 20.0)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        sums = (5 if below else 4) * hidden_size
        lstm = {"weight_ih": (sums, input_size), "weight_hh": (4 * hidden_size, hidden_size), "bias": (sums,)}
        return lstm | ({"look": (2 * hidden_size,)} if below else {})

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias"][hidden_size : 2 * hidden_size] = self.forget_bias
        values["bias"][4 * hidden_size :] = self.depth_bias
        return values

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 5H), the state and the memory below -> output (B, H), the new state, the gates"""
        sums = 4 * state.h.shape[-1]
        i, f, g, o = split(projected[..., :sums] + state.h @ weights["weight_hh"].T, 4)
        i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
        c = f * state.c + i * g
        gates = {"input": i, "forget": f, "output": o}
        if below is not None:
            w_c, w_l = split(weights["look"], 2)
            d = sigmoid(projected[..., sums:] + w_c * state.c + w_l * below)
            c = c + d * below
            gates["depth"] = d
        h = o * tanh(c)
        return h, State(h, c), gates
