"""A cell over a whole sequence, one step after the other: the definition that every faster form is held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from charlm.cells.arrays import Array, stack
from charlm.cells.cell import Cell, Weights

# The memories of a layer (T, B, H), as one array or as one for each step; None where nobody may read them.
Memories = Sequence[Array] | Array | None


def unroll(cell: Cell, weights: Weights, x: Array, state: Any, below: Memories = None) -> tuple[Array, Memories, Any]:
    """x (T, B, I), the state before it and the memories below -> outputs (T, B, H), memories, the state after it."""
    weights = cell.ready(weights)
    projected = cell.project(weights, x)
    outputs, memories = [], []
    for t, now in enumerate(projected):  # torch unbinds once so; a slice a step would cost a whole gradient each
        output, state, _ = cell.step(weights, now, state, None if below is None else below[t])
        outputs.append(output)
        memories.append(getattr(state, cell.MEMORY) if cell.MEMORY else None)
    return stack(outputs), memories if cell.MEMORY else None, state
