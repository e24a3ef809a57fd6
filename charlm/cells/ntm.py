"""Neural Turing machine: a controller with a memory of many places (Graves, Wayne and Danihelka 2014).

A controller, with or without a memory of its own, writes to and reads from N places of D numbers. Each of its heads has
a weighting w of the places (addressing.py). r are the vectors that the R reading heads read at the step before:

    h_c = tanh(W x + U_r r + b)                      controller; with lstm_controller: the output of an lstm on [x; r]
    p = clip(W_p h_c + b_p, -20, 20)                 what the heads ask for, cut into:
        k = tanh(p)        key, D numbers            beta = softplus(p)       how much the key counts
        g = sigma(p)       content, or where it was  s = softmax(p)           shifts by -1, 0 and 1 (option shifts)
        gamma = 1 + softplus(p)   sharpness          and of a writing head:
        e = sigma(p)       what it erases, D         a = tanh(p)              what it adds, D
    w' = the weightings, after addressing.py
    r' = sum over i of w'_i * M_i                    read before this step's writing
    M'_i = M_i * (1 - w'_i * e) + w'_i * a           one writing head after the other
    h' = W_o [h_c; r'] + b_o                         output

At the start of a text M is 1e-6 everywhere, which learns sooner and more surely than other contents (Collier and Beel
2018), r is the tanh of a learned vector, and w is the softmax of another, which begins at place 0: an even weighting
would have no place to move from. The state keeps the differences from these, so that it starts as zeros.

Its step has operations that no kernel can be derived from: a softmax over places, and products for each row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from charlm.cells.arrays import Array, concatenate, linear, sigmoid, softmax, split, tanh
from charlm.cells.cell import Cell, Weights
from charlm.cells.initial import initial_values
from charlm.cells.option import option
from charlm.cells.place_memory import PlaceMemory

BUMP = 5.0  # of the weightings at the start of a text, at place 0
GAIN = 1.4  # of the initial matrix of the heads (Glorot and Bengio 2010)


class State(NamedTuple):
    """What differs from the start of a text: M (B, D * N), r (B, R * D), and the weightings (B, A * N) of all heads."""

    memory: Array
    reads: Array
    weightings: Array


class LSTMState(NamedTuple):
    """The same, after the output and the memory of an lstm controller, (B, H) each."""

    h: Array
    c: Array
    memory: Array
    reads: Array
    weightings: Array


@dataclass(frozen=True)
class NTM(Cell):
    TITLE = "Neural Turing machine"
    PAPER = "Graves, Wayne and Danihelka 2014, Neural Turing Machines"
    FAMILY = "external memory"
    HEADS = True

    places: int = option(128, "places of the memory", 16, 100_000)
    width: int = option(20, "numbers in a place of the memory", 1, 10_000)
    read_heads: int = option(1, "heads that read", 1, 16)
    write_heads: int = option(1, "heads that write", 1, 16)
    shifts: int = option(1, "places that a head can move by in a step, in each direction", 0, 8)
    lstm_controller: bool = option(False, "an lstm controls the heads, not a layer without a memory of its own")

    @property
    def STATE(self) -> Any:  # noqa: N802 - two forms, by the controller
        return LSTMState if self.lstm_controller else State

    @property
    def heads(self) -> int:
        """A: the reading heads, and then the writing ones."""
        return self.read_heads + self.write_heads

    @property
    def memory_of_places(self) -> PlaceMemory:
        """The memory's sizes and its step, for which an engine has a faster one."""
        return PlaceMemory(self.places, self.width, self.read_heads, self.write_heads, self.shifts)

    def state_widths(self, input_size: int, hidden_size: int) -> dict[str, int]:
        controller = {"h": hidden_size, "c": hidden_size} if self.lstm_controller else {}
        return controller | {
            "memory": self.places * self.width,
            "reads": self.read_heads * self.width,
            "weightings": self.heads * self.places,
        }

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        sums, read = (4 if self.lstm_controller else 1) * hidden_size, self.read_heads * self.width
        past = {"weight_hh": (sums, hidden_size)} if self.lstm_controller else {}
        return {
            "weight_ih": (sums, input_size),
            **past,
            "weight_reads": (sums, read),
            "bias": (sums,),
            "weight_heads": (self.memory_of_places.numbers, hidden_size),
            "bias_heads": (self.memory_of_places.numbers,),
            "weight_out": (hidden_size, hidden_size + read),
            "bias_out": (hidden_size,),
            "start_reads": (read,),
            "start_weightings": (self.heads * self.places,),
        }

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        shapes = self.shapes(input_size, hidden_size, below)
        values = {name: initial_values(rng, name, shape) for name, shape in shapes.items()}
        if self.lstm_controller:
            values["bias"][hidden_size : 2 * hidden_size] = 1.0  # the forget gate, as of an lstm
        rows, columns = shapes["weight_heads"]
        bound = GAIN * (6 / (rows + columns)) ** 0.5
        values["weight_heads"] = rng.uniform(-bound, bound, (rows, columns)).astype(np.float32)
        values["bias_heads"] = (0.01 * rng.standard_normal(rows)).astype(np.float32)
        values["weight_out"] = np.eye(hidden_size, shapes["weight_out"][1], dtype=np.float32)
        values["start_weightings"][:: self.places] = BUMP
        return values

    def step_weights(self, weights: Weights) -> Weights:
        """Those of the controller's state side by side; the reads and weightings at the start of a text."""
        past = ("weight_hh", "weight_reads") if self.lstm_controller else ("weight_reads",)
        starts = weights["start_weightings"].reshape(self.heads, self.places)
        return {
            **weights,
            "weight_past": concatenate([weights[name] for name in past]),
            "first_reads": tanh(weights["start_reads"]),
            "first_weightings": softmax(starts),
        }

    def addresses(self, weights: Weights, state: Any) -> dict[str, Array]:
        """The weightings (..., N) after a step, of `read 1`, ..., `write 1`, ..."""
        found = state.weightings.reshape(*state.weightings.shape[:-1], self.heads, self.places)
        found = found + weights["first_weightings"]
        kinds = [("read", self.read_heads), ("write", self.write_heads)]
        names = [f"{kind} {number}" for kind, count in kinds for number in range(1, count + 1)]
        return {name: found[..., head, :] for head, name in enumerate(names)}

    def step(
        self, weights: Weights, projected: Array, state: Any, below: Array | None = None
    ) -> tuple[Array, Any, dict[str, Array]]:
        """(B, K) and the state -> output (B, H), the new state, and no gates: none is as wide as the layer"""
        controls, controller = self._control(weights, projected, state)
        asked = linear(controls, weights["weight_heads"], weights["bias_heads"])
        first = weights["first_weightings"]
        memory, reads, moved = self.memory_of_places.turn(asked, state.memory, state.weightings, first)
        after = self.STATE(*controller, memory, reads - weights["first_reads"], moved)
        return self.output(weights, controls, reads), after, {}

    def output(self, weights: Weights, controls: Array, reads: Array) -> Array:
        """The output (..., H) of steps, from that of the controller (..., H), and what was read in them (..., R D)."""
        return linear(concatenate([controls, reads]), weights["weight_out"], weights["bias_out"])

    def _control(self, weights: Weights, projected: Array, state: Any) -> tuple[Array, tuple[Array, ...]]:
        """The output of the controller (B, H), and its own state after it."""
        reads = state.reads + weights["first_reads"]
        if not self.lstm_controller:
            return tanh(projected + reads @ weights["weight_past"].T), ()
        i, f, g, o = split(projected + concatenate([state.h, reads]) @ weights["weight_past"].T, 4)
        c = sigmoid(f) * state.c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        return h, (h, c)
