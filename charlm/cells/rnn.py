"""The simple recurrent network (Elman 1990).

    h' = tanh(W x + U h + b)

The weights are torch.nn.RNN's, with two biases, whose sum is b.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, tanh
from charlm.cells.fused import FusedForm
from charlm.cells.initial import orthogonal, uniform
from charlm.cells.option import Option

TITLE = "Simple recurrent network"
PAPER = "Elman 1990, Finding Structure in Time"
GATES: tuple[str, ...] = ()
OPTIONS: dict[str, Option] = {}


class State(NamedTuple):
    """h, the output: (B, H)."""

    h: Array


def shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    return {
        "weight_ih": (hidden_size, input_size),
        "weight_hh": (hidden_size, hidden_size),
        "bias_ih": (hidden_size,),
        "bias_hh": (hidden_size,),
    }


def initial(
    rng: np.random.Generator, input_size: int, hidden_size: int, options: Mapping[str, float]
) -> dict[str, np.ndarray]:
    return {
        "weight_ih": uniform(rng, (hidden_size, input_size), input_size),
        "weight_hh": orthogonal(rng, 1, hidden_size),
        "bias_ih": np.zeros(hidden_size, np.float32),
        "bias_hh": np.zeros(hidden_size, np.float32),
    }


def project(weights: Mapping[str, Array], x: Array) -> Array:
    """(..., I) -> (..., H)"""
    return x @ weights["weight_ih"].T + (weights["bias_ih"] + weights["bias_hh"])


def step(
    weights: Mapping[str, Array], projected: Array, state: State, below: Array | None = None
) -> tuple[Array, State, dict[str, Array]]:
    """(B, H) and the state -> output (B, H), the new state, no gates"""
    h = tanh(projected + state.h @ weights["weight_hh"].T)
    return h, State(h), {}


fast = FusedForm("rnn_tanh")
