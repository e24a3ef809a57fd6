"""Grid long short-term memory in two dimensions, time and depth (Kalchbrenner, Danihelka and Graves 2015).

    i, f, o = sigma(W x + U h + b), g = tanh(W x + U h + b)      one transform of both hidden vectors, for time
    c' = f * c + i * g                  memory in time
    h' = o * tanh(c')                   hidden vector in time, read at the next step
    i, f, o = sigma(W x + U h + b), g = tanh(W x + U h + b)      another, with its own weights, for depth
    m' = f * m + i * g                  memory in depth: m comes from the layer below at the same time, m' goes up
    y = o * tanh(m')                    hidden vector in depth: the output, which the layer above reads as x

x is the hidden vector that comes from below, h the one from the step before. Gates in the order i, f, g, o for time,
then i, g, o, f for depth: the lowest layer has no memory below, and no depth f. One bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option


class State(NamedTuple):
    """h and c, hidden vector and memory in time, and m, the memory in depth, which only goes up: (B, H) each."""

    h: Array
    c: Array
    m: Array


@dataclass(frozen=True)
class Grid(Cell):
    TITLE = "Grid long short-term memory"
    PAPER = "Kalchbrenner, Danihelka and Graves 2015, Grid Long Short-Term Memory"
    FAMILY = "grid and depth"
    GATES = ("input", "forget", "output", "depth_input", "depth_output", "depth_forget")
    STATE = State
    MEMORY = "m"
    READS_BELOW = True

    forget_bias: float = option(1.0, "initial bias of both forget gates", -20.0, 20.0)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        sums = (8 if below else 7) * hidden_size
        return {"weight_ih": (sums, input_size), "weight_hh": (sums, hidden_size), "bias": (sums,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias"][hidden_size : 2 * hidden_size] = self.forget_bias
        values["bias"][7 * hidden_size :] = self.forget_bias
        return values

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 8H), the state and the memory below -> output (B, H), the new state, the gates"""
        sums = projected + state.h @ weights["weight_hh"].T
        i, f, g, o, i_m, g_m, o_m, *f_m = split(sums, sums.shape[-1] // state.h.shape[-1])
        i, f, g, o, i_m, g_m, o_m = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o), sigmoid(i_m), tanh(g_m), sigmoid(o_m)
        c = f * state.c + i * g
        m = i_m * g_m
        gates = {"input": i, "forget": f, "output": o, "depth_input": i_m, "depth_output": o_m}
        if below is not None:
            gates["depth_forget"] = sigmoid(f_m[0])
            m = m + gates["depth_forget"] * below
        return o_m * tanh(m), State(o * tanh(c), c, m), gates
