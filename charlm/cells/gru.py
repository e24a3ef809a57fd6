"""Gated recurrent unit (Cho et al. 2014), in the form that torch.nn.GRU and cuDNN have.

    r = sigma(W_r x + U_r h + b_r)          reset gate: how much of the past the candidate sees
    z = sigma(W_z x + U_z h + b_z)          update gate: how much of the past stays
    n = tanh(W_n x + b_n + r * (U_n h + b_u))    candidate
    h' = (1 - z) * n + z * h                output

The weights are torch.nn.GRU's: gates in the order r, z, n, and two biases; only n needs both (b_n outside, b_u inside).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.fused import FusedForm
from charlm.cells.initial import orthogonal, uniform
from charlm.cells.option import Option

TITLE = "Gated recurrent unit"
PAPER = "Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder"
GATES: tuple[str, ...] = ("reset", "update")
OPTIONS: dict[str, Option] = {}


class State(NamedTuple):
    """h, which is output and memory in one: (B, H)."""

    h: Array


def shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    gates = 3 * hidden_size
    return {
        "weight_ih": (gates, input_size),
        "weight_hh": (gates, hidden_size),
        "bias_ih": (gates,),
        "bias_hh": (gates,),
    }


def initial(
    rng: np.random.Generator, input_size: int, hidden_size: int, options: Mapping[str, float]
) -> dict[str, np.ndarray]:
    return {
        "weight_ih": uniform(rng, (3 * hidden_size, input_size), input_size),
        "weight_hh": orthogonal(rng, 3, hidden_size),
        "bias_ih": np.zeros(3 * hidden_size, np.float32),
        "bias_hh": np.zeros(3 * hidden_size, np.float32),
    }


def project(weights: Mapping[str, Array], x: Array) -> Array:
    """(..., I) -> (..., 3H)"""
    return x @ weights["weight_ih"].T + weights["bias_ih"]


def step(
    weights: Mapping[str, Array], projected: Array, state: State, below: Array | None = None
) -> tuple[Array, State, dict[str, Array]]:
    """(B, 3H) and the state -> output (B, H), the new state, the gates"""
    from_input = split(projected, 3)
    from_past = split(state.h @ weights["weight_hh"].T + weights["bias_hh"], 3)
    r = sigmoid(from_input[0] + from_past[0])
    z = sigmoid(from_input[1] + from_past[1])
    n = tanh(from_input[2] + r * from_past[2])
    h = (1 - z) * n + z * state.h
    return h, State(h), {"reset": r, "update": z}


fast = FusedForm("gru")
