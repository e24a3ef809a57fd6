"""Long short-term memory as it was first published, without a forget gate (Hochreiter and Schmidhuber 1997).

    i = sigma(W_i x + U_i h + b_i)      input gate: how much of the candidate is written
    g = tanh(W_g x + U_g h + b_g)       candidate
    o = sigma(W_o x + U_o h + b_o)      output gate: how much of the memory is shown
    c' = c + i * g                      memory: what is written stays, and so does its gradient
    h' = o * tanh(c')                   output

The memory is the constant error carousel. Gates in the order i, g, o; one bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from charlm.cells.arrays import Array, concatenate, sigmoid, split, split_first, tanh, zeros
from charlm.cells.cell import Cell, Weights

OPEN = 40.0  # sigma of it is 1 to the last bit of a float64


class State(NamedTuple):
    """h, the output, and c, the memory: (B, H) each."""

    h: Array
    c: Array


@dataclass(frozen=True)
class LSTM97(Cell):
    TITLE = "Long short-term memory of 1997"
    PAPER = "Hochreiter and Schmidhuber 1997, Long Short-Term Memory"
    FAMILY = "memory cells"
    GATES = ("input", "output")
    STATE = State
    MEMORY = "c"
    torch_kernel = "lstm"

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        gates = 3 * hidden_size
        return {"weight_ih": (gates, input_size), "weight_hh": (gates, hidden_size), "bias": (gates,)}

    def kernel_weights(self, weights: Weights) -> Weights:
        """Those of the equivalent lstm, whose forget gate is always open."""

        def with_forget_gate(weight: Array, value: float) -> Array:
            i, g, o = split_first(weight, 3)
            return concatenate([i, zeros(i.shape, i) + value, g, o], axis=0)

        bias = with_forget_gate(weights["bias"], OPEN)
        return {
            "weight_ih": with_forget_gate(weights["weight_ih"], 0.0),
            "weight_hh": with_forget_gate(weights["weight_hh"], 0.0),
            "bias_ih": bias,
            "bias_hh": zeros(bias.shape, bias),
        }

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, 3H) and the state -> output (B, H), the new state, the gates"""
        i, g, o = split(projected + state.h @ weights["weight_hh"].T, 3)
        i, o = sigmoid(i), sigmoid(o)
        c = state.c + i * tanh(g)
        h = o * tanh(c)
        return h, State(h, c), {"input": i, "output": o}
