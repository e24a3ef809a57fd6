"""The clockwork recurrent network (Koutnik et al. 2014): an rnn whose units tick at different rates.

    n = tanh(W x + U h + b)
    h' = n for the units of a group whose clock stands at 0, h for the others
    phase' = phase + 1 / T, and 0 again when it reaches 1

Units come in groups of equal size with periods T = 1, 2, 4, ...; a group reads only groups at least as slow as itself,
so U is block-triangular, and only its blocks are learned: `weight_hh_0` has the rows of the fastest group, which reads
all units. The phase is part of the state: for each unit the elapsed part of its period, which is an exact number, as T
is a power of 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, concatenate, tanh, where, zeros
from charlm.cells.cell import Cell, Weights
from charlm.cells.initial import orthogonal
from charlm.cells.option import option


class State(NamedTuple):
    """h, the output, and phase, where each unit's clock stands, from 0 up to 1: (B, H) each."""

    h: Array
    phase: Array


@dataclass(frozen=True)
class Clockwork(Cell):
    TITLE = "Clockwork recurrent network"
    PAPER = "Koutnik et al. 2014, A Clockwork RNN"
    FAMILY = "simple"
    STATE = State

    groups: int = option(4, "groups of units, with periods 1, 2, 4, ...", 1, 16)

    def size_problem(self, hidden_size: int) -> str | None:
        if hidden_size % self.groups:
            near = max(1, round(hidden_size / self.groups)) * self.groups
            return f"must be a multiple of the clockwork's {self.groups} groups, such as {near}"
        return None

    def shapes(self, input_size: int, hidden_size: int, below: bool = False) -> dict[str, tuple[int, ...]]:
        size = hidden_size // self.groups
        blocks = {f"weight_hh_{group}": (size, hidden_size - group * size) for group in range(self.groups)}
        return {"weight_ih": (hidden_size, input_size), **blocks, "bias": (hidden_size,)}

    def initial_weights(
        self, rng: np.random.Generator, input_size: int, hidden_size: int, below: bool = False
    ) -> dict[str, np.ndarray]:
        values = super().initial_weights(rng, input_size, hidden_size, below)
        whole, size = orthogonal(rng, 1, hidden_size), hidden_size // self.groups
        for group in range(self.groups):
            values[f"weight_hh_{group}"] = whole[group * size : (group + 1) * size, group * size :].copy()
        return values

    def step_weights(self, weights: Weights) -> Weights:
        """The blocks as one matrix (H, H); for each unit's clock a tick, half a tick, and the end of its period."""
        blocks = [weights[f"weight_hh_{group}"] for group in range(self.groups)]
        size = blocks[0].shape[0]
        rows = [concatenate([zeros((size, k * size), block), block]) if k else block for k, block in enumerate(blocks)]
        ticks = concatenate([zeros((size,), block) + 0.5**k for k, block in enumerate(blocks)])
        own = {name: weights[name] for name in ("weight_ih", "bias")}
        # Phases are multiples of a tick. They are compared half a tick beside, so that rounding cannot decide.
        return {**own, "weight_hh": concatenate(rows, axis=0), "ticks": ticks, "half": ticks / 2, "end": 1 - ticks / 2}

    def step(
        self, weights: Weights, projected: Array, state: State, below: Array | None = None
    ) -> tuple[Array, State, dict[str, Array]]:
        """(B, H) and the state -> output (B, H), the new state, no gates"""
        n = tanh(projected + state.h @ weights["weight_hh"].T)
        h = where(state.phase < weights["half"], n, state.h)
        phase = state.phase + weights["ticks"]
        return h, State(h, where(phase > weights["end"], phase - 1, phase)), {}
