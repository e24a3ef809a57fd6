"""Which gate a block of a weight belongs to, found by trying: a block that is not zero changes that gate alone.

The blocks of a matrix are H rows each. With all other weights zero and a state of ones, a step is run with and without
the block; the gate that changes names it. A block that changes no gate is the candidate's. Knows no trained weights.

Shape letters: H hidden, I input.
"""

from __future__ import annotations

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
    nothing = _gates(layer, {name: np.zeros(shape, np.float32) for name, shape in shapes.items()})
    names: list[str] = []
    for first in range(0, rows, layer.hidden_size):
        values = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
        values[weight][first : first + layer.hidden_size] = 1
        gates = _gates(layer, values)
        changed = [name for name, gate in gates.items() if np.abs(gate - nothing[name]).max() > LIKE_NOTHING]
        names.append(changed[0] if changed else CANDIDATE)
    return tuple(names)


def _gates(layer: Layer, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    cell = layer.cell
    ready = cell.step_weights(weights)
    ones = np.ones((1, layer.hidden_size), np.float32)
    projected = cell.project(ready, np.ones((1, layer.input_size), np.float32))
    fresh = cell.fresh_state(1, layer.input_size, layer.hidden_size, like=ones)
    state = cell.STATE(*(np.ones_like(part) for part in fresh))
    _, _, gates = cell.step(ready, projected, state, ones if layer.reads_below else None)
    return {name: np.asarray(gate) for name, gate in gates.items()}
