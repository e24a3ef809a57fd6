"""Long short-term memory whose gates see the memory (Gers and Schmidhuber 2000).

    i = sigma(W_i x + U_i h + p_i * c + b_i)     input gate, with a look at the old memory
    f = sigma(W_f x + U_f h + p_f * c + b_f)     forget gate, with a look at the old memory
    g = tanh(W_g x + U_g h + b_g)                candidate
    c' = f * c + i * g                           memory
    o = sigma(W_o x + U_o h + p_o * c' + b_o)    output gate, with a look at the new memory
    h' = o * tanh(c')                            output

Gates in the order i, f, g, o; one bias; the peepholes p_i, p_f, p_o are vectors, one after the other in `peephole`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.initial import orthogonal, uniform
from charlm.cells.option import Option
from charlm.cells.unroll import Repeated

TITLE = "Long short-term memory with peepholes"
PAPER = "Gers and Schmidhuber 2000, Recurrent Nets that Time and Count"
GATES: tuple[str, ...] = ("input", "forget", "output")
OPTIONS = {"forget_bias": Option(1.0, -20.0, 20.0, "where the forget gate's bias starts")}


class State(NamedTuple):
    """h, the output, and c, the memory: (B, H) each."""

    h: Array
    c: Array


def shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    gates = 4 * hidden_size
    return {
        "weight_ih": (gates, input_size),
        "weight_hh": (gates, hidden_size),
        "bias": (gates,),
        "peephole": (3 * hidden_size,),
    }


def initial(
    rng: np.random.Generator, input_size: int, hidden_size: int, options: Mapping[str, float]
) -> dict[str, np.ndarray]:
    bias = np.zeros(4 * hidden_size, np.float32)
    bias[hidden_size : 2 * hidden_size] = options["forget_bias"]
    return {
        "weight_ih": uniform(rng, (4 * hidden_size, input_size), input_size),
        "weight_hh": orthogonal(rng, 4, hidden_size),
        "bias": bias,
        "peephole": np.zeros(3 * hidden_size, np.float32),  # closed: it starts as the lstm does
    }


def project(weights: Mapping[str, Array], x: Array) -> Array:
    """(..., I) -> (..., 4H)"""
    return x @ weights["weight_ih"].T + weights["bias"]


def step(
    weights: Mapping[str, Array], projected: Array, state: State, below: Array | None = None
) -> tuple[Array, State, dict[str, Array]]:
    """(B, 4H) and the state -> output (B, H), the new state, the gates"""
    i, f, g, o = split(projected + state.h @ weights["weight_hh"].T, 4)
    p_i, p_f, p_o = split(weights["peephole"], 3)
    i, f = sigmoid(i + p_i * state.c), sigmoid(f + p_f * state.c)
    c = f * state.c + i * tanh(g)
    o = sigmoid(o + p_o * c)
    h = o * tanh(c)
    return h, State(h, c), {"input": i, "forget": f, "output": o}


fast = Repeated(project, step)
