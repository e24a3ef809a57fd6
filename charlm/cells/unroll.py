"""A cell over a whole sequence, one step after the other: the definition that every engine is tested against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from charlm.cells.arrays import Array, lookup, stack
from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols, distinct_inputs

# The memories of a layer (T, B, H), as one array or as one array for each step; None if no layer above may read them.
Memories = Sequence[Array] | Array | None


def project_inputs(cell: Cell, weights: Weights, x: Array | Symbols) -> Array:
    """Inputs (T, B, I) or symbols -> what the cell projects them to (T, B, K)."""
    inputs, ids = distinct_inputs(x)
    sums = cell.project(weights, inputs)
    return sums if ids is None else lookup(sums, ids)


def run_steps(
    cell: Cell, weights: Weights, projected: Array, state: Any, below: Memories
) -> Iterator[tuple[Array, Any, dict[str, Array]]]:
    """Output, new state and gates of each step in turn. The weights are those of `Cell.step_weights`."""
    # Iterating unbinds a tensor once. Indexing it would give each step a gradient as large as the whole tensor.
    for t, now in enumerate(projected):
        output, state, gates = cell.step(weights, now, state, None if below is None else below[t])
        yield output, state, gates


def unroll(
    cell: Cell, weights: Weights, x: Array | Symbols, state: Any, below: Memories = None
) -> tuple[Array, Memories, Any]:
    """x (T, B, I), the state before it and the memories below -> outputs (T, B, H), memories, the state after it."""
    weights = cell.step_weights(weights)
    outputs, memories = [], []
    for output, after, _ in run_steps(cell, weights, project_inputs(cell, weights, x), state, below):
        state = after
        outputs.append(output)
        memories.append(getattr(state, cell.MEMORY) if cell.MEMORY else None)
    return stack(outputs), memories if cell.MEMORY else None, state
