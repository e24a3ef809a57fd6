"""Long short-term memory with coupled input and forget gate (Greff et al. 2015).

    f = sigma(W_f x + U_f h + b_f)      forget gate: how much of the memory is kept
    g = tanh(W_g x + U_g h + b_g)       candidate
    o = sigma(W_o x + U_o h + b_o)      output gate: how much of the memory is shown
    c' = f * c + (1 - f) * g            memory: what is forgotten makes room for what is written
    h' = o * tanh(c')                   output

Gates in the order f, g, o; one bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, concatenate, sigmoid, split, split_first, tanh, zeros
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option


class State(NamedTuple):
    """h, the output, and c, the memory: (B, H) each."""

    h: Array
    c: Array


@dataclass(frozen=True)
class CIFG(Cell):
    TITLE = "Coupled input and forget gate"
    PAPER = "Greff et al. 2015, LSTM: A Search Space Odyssey"
    FAMILY = "memory cells"
    GATES = ("forget", "output")
    STATE = State
    MEMORY = "c"
    torch_kernel = "lstm"

    forget_bias: float = option(1.0, "initial bias of the forget gate", -20.0, 20.0)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        gates = 3 * hidden_size
        return {"weight_ih": (gates, input_size), "weight_hh": (gates, hidden_size), "bias": (gates,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        values["bias"][:hidden_size] = self.forget_bias
        return values

    def kernel_weights(self, weights: Weights) -> Weights:
        """Those of the equivalent lstm: 1 - sigma(a) = sigma(-a), so its input gate has the negated weights of f."""

        def with_input_gate(weight: Array) -> Array:
            f, g, o = split_first(weight, 3)
            return concatenate([-f, f, g, o], axis=0)

        bias = with_input_gate(weights["bias"])
        return {
            "weight_ih": with_input_gate(weights["weight_ih"]),
            "weight_hh": with_input_gate(weights["weight_hh"]),
            "bias_ih": bias,
            "bias_hh": zeros(bias.shape, bias),
        }

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 3H) and the state -> output (B, H), the new state, the gates"""
        f, g, o = split(projected + state.h @ weights["weight_hh"].T, 3)
        f, o = sigmoid(f), sigmoid(o)
        c = f * state.c + (1 - f) * tanh(g)
        h = o * tanh(c)
        return h, State(h, c), {"forget": f, "output": o}
