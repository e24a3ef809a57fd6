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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, concatenate, sigmoid, split, tanh
from charlm.cells.cell import Weights
from charlm.cells.gradients import CellWithBackward, Gradients, Trace, matrix_gradient, vector_gradient
from charlm.cells.option import option


class State(NamedTuple):
    """h and c, hidden vector and memory in time, and m, the memory in depth, which only goes up: (B, H) each."""

    h: Array
    c: Array
    m: Array


@dataclass(frozen=True)
class Grid(CellWithBackward):
    TITLE = "Grid long short-term memory"
    PAPER = "Kalchbrenner, Danihelka and Graves 2015, Grid Long Short-Term Memory"
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
        """(B, 8H), the state and the memory below -> output (B, H), the new state, the gates and the candidates"""
        sums = projected + state.h @ weights["weight_hh"].T
        i, f, g, o, i_m, g_m, o_m, *f_m = split(sums, sums.shape[-1] // state.h.shape[-1])
        i, f, g, o, i_m, g_m, o_m = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o), sigmoid(i_m), tanh(g_m), sigmoid(o_m)
        c = f * state.c + i * g
        m = i_m * g_m
        inner = {"input": i, "forget": f, "output": o, "depth_input": i_m, "depth_output": o_m}
        inner |= {"candidate": g, "depth_candidate": g_m}
        if below is not None:
            inner["depth_forget"] = sigmoid(f_m[0])
            m = m + inner["depth_forget"] * below
        return o_m * tanh(m), State(o * tanh(c), c, m), inner

    def local_derivatives(self, weights: Weights, trace: Trace) -> tuple[Array, ...]:
        i, f, o, g = (trace.inner[name] for name in ("input", "forget", "output", "candidate"))
        i_m, o_m, g_m = (trace.inner[name] for name in ("depth_input", "depth_output", "depth_candidate"))
        shown, shown_m = tanh(trace.after.c), tanh(trace.after.m)
        by_time = i * (1 - i) * g, f * (1 - f) * trace.before.c, i * (1 - g * g), o * (1 - o) * shown
        by_depth = i_m * (1 - i_m) * g_m, i_m * (1 - g_m * g_m), o_m * (1 - o_m) * shown_m
        through = o * (1 - shown * shown), f, o_m * (1 - shown_m * shown_m)
        if trace.below is None:
            return *by_time, *by_depth, *through
        f_m = trace.inner["depth_forget"]
        return *by_time, *by_depth, *through, f_m * (1 - f_m) * trace.below, f_m

    def step_backward(
        self, weights: Weights, local: Sequence[Array], d_output: Array, d_state: State
    ) -> tuple[Array, State]:
        by_i, by_f, by_g, by_o, by_im, by_gm, by_om, through, kept, through_m, *by_below = local
        d_c = d_state.c + d_state.h * through
        d_m = d_state.m + d_output * through_m
        d_time = [d_c * by_i, d_c * by_f, d_c * by_g, d_state.h * by_o]
        d_sums = concatenate([*d_time, d_m * by_im, d_m * by_gm, d_output * by_om, *(d_m * by for by in by_below)])
        read = d_sums[..., : weights["weight_hh"].shape[0]]
        return d_sums, State(vector_gradient(read, weights["weight_hh"]), d_c * kept, 0 * d_m)

    def weight_gradients(self, weights: Weights, trace: Trace, d_sums: Array) -> Gradients:
        sums = weights["weight_hh"].shape[0]
        projected = d_sums[..., :sums]
        by_weight = {"weight_hh": matrix_gradient(projected, trace.before.h, weights["weight_hh"])}
        below = None if trace.below is None else d_sums[..., sums:]
        return Gradients(projected=projected, below=below, weights=by_weight)
