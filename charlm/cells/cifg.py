"""Long short-term memory with coupled input and forget gate (Greff et al. 2015).

    f = sigma(W_f x + U_f h + b_f)      forget gate: how much of the memory is kept
    g = tanh(W_g x + U_g h + b_g)       candidate
    o = sigma(W_o x + U_o h + b_o)      output gate: how much of the memory is shown
    c' = f * c + (1 - f) * g            memory: what is forgotten makes room for what is written
    h' = o * tanh(c')                   output

Gates in the order f, g, o; one bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, sigmoid, split, tanh
from charlm.cells.fused import FusedForm
from charlm.cells.initial import orthogonal, uniform
from charlm.cells.option import Option

TITLE = "Coupled input and forget gate"
PAPER = "Greff et al. 2015, LSTM: A Search Space Odyssey"
GATES: tuple[str, ...] = ("forget", "output")
OPTIONS = {"forget_bias": Option(1.0, -20.0, 20.0, "where the forget gate's bias starts")}


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
    bias = np.zeros(3 * hidden_size, np.float32)
    bias[:hidden_size] = options["forget_bias"]
    return {
        "weight_ih": uniform(rng, (3 * hidden_size, input_size), input_size),
        "weight_hh": orthogonal(rng, 3, hidden_size),
        "bias": bias,
    }


def project(weights: Mapping[str, Array], x: Array) -> Array:
    """(..., I) -> (..., 3H)"""
    return x @ weights["weight_ih"].T + weights["bias"]


def step(
    weights: Mapping[str, Array], projected: Array, state: State, below: Array | None = None
) -> tuple[Array, State, dict[str, Array]]:
    """(B, 3H) and the state -> output (B, H), the new state, the gates"""
    f, g, o = split(projected + state.h @ weights["weight_hh"].T, 3)
    f, o = sigmoid(f), sigmoid(o)
    c = f * state.c + (1 - f) * tanh(g)
    h = o * tanh(c)
    return h, State(h, c), {"forget": f, "output": o}


def as_lstm(weights: Mapping[str, Array]) -> dict[str, Array]:
    """The lstm that this is: sigma(-a) = 1 - sigma(a), so its input gate has the forget gate's weights, negated.

    Torch tensors; gradients flow back to the weights.
    """
    import torch

    def with_input_gate(weight: Array) -> Array:
        f, g, o = weight.chunk(3)
        return torch.cat([-f, f, g, o])

    bias = with_input_gate(weights["bias"])
    return {
        "weight_ih": with_input_gate(weights["weight_ih"]),
        "weight_hh": with_input_gate(weights["weight_hh"]),
        "bias_ih": bias,
        "bias_hh": torch.zeros_like(bias),
    }


def fast(weights: Mapping[str, Array], x: Array, state: State) -> tuple[Array, State]:
    """torch's lstm kernel, exactly: see `as_lstm`."""
    return FusedForm("lstm")(as_lstm(weights), x, state)
