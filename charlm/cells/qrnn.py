"""The quasi-recurrent network (Bradbury et al. 2017): gates and candidate of the last k inputs, and a memory.

    n = tanh(W_n X + b_n)                        candidate; X is the last k inputs, joined
    f = sigma(W_f X + b_f)                       forget gate
    o = sigma(W_o X + b_o)                       output gate
    c' = f * c + (1 - f) * n                     memory
    h' = o * c'                                  output

Before a text begins, inputs are 0. Sums in the order n, f, o; `weight_ih` has the rows that read the present input
first, then those of the input before it, and so on. The state keeps no inputs, but what those that were read will add
to the sums of the next step (n1, f1, o1) and of the one after it (n2, f2, o2). This is the paper's pooling "fo";
its zoneout, a dropout of the forget gate in training, is not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from charlm.cells.arrays import Array, concatenate, linear, sigmoid, split, tanh, zeros
from charlm.cells.cell import Cell, Weights
from charlm.cells.option import option


class Memory(NamedTuple):
    """The state with a window of 1: c, (B, H)."""

    c: Array


class State(NamedTuple):
    """The state with a window of 2: c, the memory, and what the last input will add to the next sums: (B, H) each."""

    c: Array
    n1: Array
    f1: Array
    o1: Array


class LongState(NamedTuple):
    """The state with a window of 3."""

    c: Array
    n1: Array
    f1: Array
    o1: Array
    n2: Array
    f2: Array
    o2: Array


@dataclass(frozen=True)
class QRNN(Cell):
    TITLE = "Quasi-recurrent network"
    PAPER = "Bradbury et al. 2017, Quasi-Recurrent Neural Networks"
    FAMILY = "linear recurrence"
    GATES = ("forget", "output")
    STATE = State
    MEMORY = "c"

    window: int = option(2, "how many inputs the sums read, the present one among them", 1, 3)

    def __post_init__(self) -> None:
        of_window: Any = (Memory, State, LongState)[self.window - 1]
        object.__setattr__(self, "STATE", of_window)

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        return {"weight_ih": (3 * self.window * hidden_size, input_size), "bias": (3 * hidden_size,)}

    def project(self, weights: Weights, x: Array) -> Array:
        """(..., I) -> (..., 3kH): what the input adds to the sums of this step, then to those of the steps after it"""
        bias = weights["bias"]
        later = zeros(((self.window - 1) * bias.shape[0],), bias)
        return linear(x, weights["weight_ih"], concatenate([bias, later]))

    def step(
        self, weights: Weights, projected: Array, state: Any, below: Array | None = None
    ) -> tuple[Array, Any, dict[str, Array]]:
        """(B, 3kH) and the state -> output (B, H), the new state, the gates"""
        added, waiting = split(projected, 3 * self.window), state[1:]
        sums = [mine + theirs for mine, theirs in zip(added, waiting, strict=False)] + list(added[len(waiting) :])
        n, f, o = tanh(sums[0]), sigmoid(sums[1]), sigmoid(sums[2])
        c = f * state.c + (1 - f) * n
        return o * c, type(state)(c, *sums[3:]), {"forget": f, "output": o}
