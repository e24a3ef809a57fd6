"""A cell over a whole sequence, one step after the other: the definition that every faster form is held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from charlm.cells.arrays import Array, lookup, stack
from charlm.cells.cell import Cell, Weights
from charlm.cells.symbols import Symbols, once_each

# The memories of a layer (T, B, H), as one array or as one for each step; None where nobody may read them.
Memories = Sequence[Array] | Array | None


def project(cell: Cell, weights: Weights, x: Array | Symbols) -> Array:
    """The cell's input sums (T, B, K) of inputs (T, B, I) or of symbols."""
    inputs, ids = once_each(x)
    sums = cell.project(weights, inputs)
    return sums if ids is None else lookup(sums, ids)


def steps(
    cell: Cell, weights: Weights, projected: Array, state: Any, below: Memories
) -> Iterator[tuple[Array, Any, dict[str, Array]]]:
    """What each step makes, one after the other: output, state and inner values. The weights are those made ready."""
    for t, now in enumerate(projected):  # torch unbinds once so; a slice a step would cost a whole gradient each
        output, state, inner = cell.step(weights, now, state, None if below is None else below[t])
        yield output, state, inner


def unroll(
    cell: Cell, weights: Weights, x: Array | Symbols, state: Any, below: Memories = None
) -> tuple[Array, Memories, Any]:
    """x (T, B, I), the state before it and the memories below -> outputs (T, B, H), memories, the state after it."""
    weights = cell.ready(weights)
    outputs, memories = [], []
    for output, after, _ in steps(cell, weights, project(cell, weights, x), state, below):
        state = after
        outputs.append(output)
        memories.append(getattr(state, cell.MEMORY) if cell.MEMORY else None)
    return stack(outputs), memories if cell.MEMORY else None, state
