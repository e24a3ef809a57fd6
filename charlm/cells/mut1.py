"""The first of three cells that a search over ten thousand found (Jozefowicz, Zaremba and Sutskever 2015).

    z = sigma(W_z x + b_z)                               update gate, which sees the input alone
    r = sigma(W_r x + U_r h + b_r)                       reset gate
    h' = tanh(U (r * h) + tanh(W x) + b) * z + h * (1 - z)    output

Gates in the order z, r, then the candidate, in `weight_ih` and `bias`; `weight_hh` has U_r, then U.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.initial import orthogonal, uniform
from charlm.cells.option import Option
from charlm.cells.unroll import Repeated

TITLE = "First mutant"
PAPER = "Jozefowicz, Zaremba and Sutskever 2015, An Empirical Exploration of Recurrent Network Architectures"
GATES: tuple[str, ...] = ("update", "reset")
OPTIONS: dict[str, Option] = {}


class State(NamedTuple):
    """h, which is output and memory in one: (B, H)."""

    h: Array


def shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    return {
        "weight_ih": (3 * hidden_size, input_size),
        "weight_hh": (2 * hidden_size, hidden_size),
        "bias": (3 * hidden_size,),
    }


def initial(
    rng: np.random.Generator, input_size: int, hidden_size: int, options: Mapping[str, float]
) -> dict[str, np.ndarray]:
    return {
        "weight_ih": uniform(rng, (3 * hidden_size, input_size), input_size),
        "weight_hh": orthogonal(rng, 2, hidden_size),
        "bias": np.zeros(3 * hidden_size, np.float32),
    }


def project(weights: Mapping[str, Array], x: Array) -> Array:
    """(..., I) -> (..., 3H)"""
    return x @ weights["weight_ih"].T


def step(
    weights: Mapping[str, Array], projected: Array, state: State, below: Array | None = None
) -> tuple[Array, State, dict[str, Array]]:
    """(B, 3H) and the state -> output (B, H), the new state, the gates"""
    z, r, candidate = split(projected, 3)
    b_z, b_r, b = split(weights["bias"], 3)
    hidden_size = state.h.shape[-1]
    recurrent = weights["weight_hh"]
    z = sigmoid(z + b_z)
    r = sigmoid(r + state.h @ recurrent[:hidden_size].T + b_r)
    h = tanh((r * state.h) @ recurrent[hidden_size:].T + tanh(candidate) + b) * z + state.h * (1 - z)
    return h, State(h), {"update": z, "reset": r}


fast = Repeated(project, step)
