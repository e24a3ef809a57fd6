"""Which gate a block of a weight belongs to, found by trying: a block that is not zero changes that gate alone.

The blocks of a matrix are H rows each. With all other weights zero and a state of ones, a step is run with and without
the block; the gate that changes names it. A block that changes no gate is the candidate's. Where a product with zero
hides all blocks of a weight, the other weights are small numbers, and a block that changes several gates is the
candidate's too. Knows no trained weights.

Shape letters: H hidden, I input.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from charlm.model.stack import Layer

CANDIDATE = "candidate"
LIKE_NOTHING = 1e-6


@cache
def block_names(layer: Layer, weight: str) -> tuple[str, ...]:
    """The name of each block of H rows of this weight of a layer: a gate, or `candidate`; empty if it has no blocks."""
    shapes = layer.cell.shapes(layer.input_size, layer.hidden_size, layer.reads_below)
    rows = shapes[weight][0]
    if rows % layer.hidden_size:
        return ()
    changed = _changed(layer, weight, shapes, other=0.0)
    if any(changed):
        return tuple(names[0] if names else CANDIDATE for names in changed)
    small = 1 / max(map(max, shapes.values()))
    return tuple(names[0] if len(names) == 1 else CANDIDATE for names in _changed(layer, weight, shapes, small))


def _changed(layer: Layer, weight: str, shapes: Mapping[str, tuple[int, ...]], other: float) -> list[list[str]]:
    """The gates that each block of a weight changes if all else is that number."""
    before = _gates(layer, {name: np.full(shape, other, np.float32) for name, shape in shapes.items()})
    found = []
    for first in range(0, shapes[weight][0], layer.hidden_size):
        values = {name: np.full(shape, other, np.float32) for name, shape in shapes.items()}
        values[weight][first : first + layer.hidden_size] = 1
        gates = _gates(layer, values)
        found.append([name for name, gate in gates.items() if np.abs(gate - before[name]).max() > LIKE_NOTHING])
    return found


def _gates(layer: Layer, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    cell = layer.cell
    ready = cell.step_weights(weights)
    ones = np.ones((1, layer.hidden_size), np.float32)
    projected = cell.project(ready, np.ones((1, layer.input_size), np.float32))
    fresh = cell.fresh_state(1, layer.input_size, layer.hidden_size, like=ones)
    state = cell.STATE(*(np.ones_like(part) for part in fresh))
    _, _, gates = cell.step(ready, projected, state, ones if layer.reads_below else None)
    return {name: np.asarray(gate) for name, gate in gates.items()}
