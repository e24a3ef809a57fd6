"""Long short-term memory as it was first published, without a forget gate (Hochreiter and Schmidhuber 1997).

    i = sigma(W_i x + U_i h + b_i)      input gate: how much of the candidate is written
    g = tanh(W_g x + U_g h + b_g)       candidate
    o = sigma(W_o x + U_o h + b_o)      output gate: how much of the memory is shown
    c' = c + i * g                      memory: what is written stays, and so does its gradient
    h' = o * tanh(c')                   output

The memory is the constant error carousel. Gates in the order i, g, o; one bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.fused import FusedForm
from charlm.cells.initial import orthogonal, uniform
from charlm.cells.option import Option

TITLE = "Long short-term memory of 1997"
PAPER = "Hochreiter and Schmidhuber 1997, Long Short-Term Memory"
GATES: tuple[str, ...] = ("input", "output")
OPTIONS: dict[str, Option] = {}
OPEN = 40.0  # a forget gate with this before its sigma is 1 to the last bit of a float64


class State(NamedTuple):
    """h, the output, and c, the memory: (B, H) each."""

    h: Array
    c: Array


def shapes(input_size: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    gates = 3 * hidden_size
    return {"weight_ih": (gates, input_size), "weight_hh": (gates, hidden_size), "bias": (gates,)}


def initial(
    rng: np.random.Generator, input_size: int, hidden_size: int, options: Mapping[str, float]
) -> dict[str, np.ndarray]:
    return {
        "weight_ih": uniform(rng, (3 * hidden_size, input_size), input_size),
        "weight_hh": orthogonal(rng, 3, hidden_size),
        "bias": np.zeros(3 * hidden_size, np.float32),
    }


def project(weights: Mapping[str, Array], x: Array) -> Array:
    """(..., I) -> (..., 3H)"""
    return x @ weights["weight_ih"].T + weights["bias"]


def step(
    weights: Mapping[str, Array], projected: Array, state: State, below: Array | None = None
) -> tuple[Array, State, dict[str, Array]]:
    """(B, 3H) and the state -> output (B, H), the new state, the gates"""
    i, g, o = split(projected + state.h @ weights["weight_hh"].T, 3)
    i, o = sigmoid(i), sigmoid(o)
    c = state.c + i * tanh(g)
    h = o * tanh(c)
    return h, State(h, c), {"input": i, "output": o}


def as_lstm(weights: Mapping[str, Array]) -> dict[str, Array]:
    """The lstm that this is: its forget gate held open. Torch tensors; gradients flow back to the weights."""
    import torch

    def with_forget_gate(weight: Array, value: float) -> Array:
        i, g, o = weight.chunk(3)
        return torch.cat([i, torch.full_like(i, value), g, o])

    bias = with_forget_gate(weights["bias"], OPEN)
    return {
        "weight_ih": with_forget_gate(weights["weight_ih"], 0.0),
        "weight_hh": with_forget_gate(weights["weight_hh"], 0.0),
        "bias_ih": bias,
        "bias_hh": torch.zeros_like(bias),
    }


def fast(weights: Mapping[str, Array], x: Array, state: State) -> tuple[Array, State]:
    """torch's lstm kernel, exactly: see `as_lstm`."""
    return FusedForm("lstm")(as_lstm(weights), x, state)
