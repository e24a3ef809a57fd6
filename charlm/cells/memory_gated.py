"""A memory whose gates see the input and the memory itself, and whose candidate sees the input alone.

    r = sigma(W_r x + U_r m + b_r)      remember gate: how much of the candidate is written
    f = sigma(W_f x + U_f m + b_f)      forget gate: how much of the memory is kept
    o = sigma(W_o x + U_o m + b_o)      output gate: how much of the memory is shown
    m' = f * m + r * tanh(W_in x)       memory
    h' = o * tanh(m')                   output, which is not read again

The form in which a tutorial on LSTMs draws them, after Hochreiter and Schmidhuber 1997 and Gers et al. 1999: the output
is no part of the state. Gates in the order r, f, o; the candidate's weights come last in `weight_ih`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.initial import orthogonal, uniform
from charlm.cells.option import Option
from charlm.cells.unroll import Repeated

TITLE = "Gates on the memory"
PAPER = "Hochreiter and Schmidhuber 1997, Long Short-Term Memory, as tutorials simplify it"
GATES: tuple[str, ...] = ("remember", "forget", "output")
OPTIONS = {"forget_bias": Option(1.0, -20.0, 20.0, "where the forget gate's bias starts")}


class State(NamedTuple):
    """m, the memory: (B, H)."""

    m: Array


def shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    gates = 3 * hidden_size
    return {"weight_ih": (4 * hidden_size, input_size), "weight_hh": (gates, hidden_size), "bias": (gates,)}


def initial(
    rng: np.random.Generator, input_size: int, hidden_size: int, options: Mapping[str, float]
) -> dict[str, np.ndarray]:
    bias = np.zeros(3 * hidden_size, np.float32)
    bias[hidden_size : 2 * hidden_size] = options["forget_bias"]
    return {
        "weight_ih": uniform(rng, (4 * hidden_size, input_size), input_size),
        "weight_hh": orthogonal(rng, 3, hidden_size),
        "bias": bias,
    }


def project(weights: Mapping[str, Array], x: Array) -> Array:
    """(..., I) -> (..., 4H)"""
    return x @ weights["weight_ih"].T


def step(
    weights: Mapping[str, Array], projected: Array, state: State, below: Array | None = None
) -> tuple[Array, State, dict[str, Array]]:
    """(B, 4H) and the state -> output (B, H), the new state, the gates"""
    gates = 3 * state.m.shape[-1]
    r, f, o = split(projected[..., :gates] + state.m @ weights["weight_hh"].T + weights["bias"], 3)
    r, f, o = sigmoid(r), sigmoid(f), sigmoid(o)
    m = f * state.m + r * tanh(projected[..., gates:])
    return o * tanh(m), State(m), {"remember": r, "forget": f, "output": o}


fast = Repeated(project, step)
