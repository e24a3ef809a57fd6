"""A cell over a whole sequence, one step after the other: the definition that every faster form is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from charlm.cells.arrays import Array, stack
from charlm.cells.table import Cell


def unroll(cell: Cell, weights: Mapping[str, Array], x: Array, state: Any) -> tuple[Array, Any]:
    """x (T, B, I) and the state before it -> outputs (T, B, H) and the state after it."""
    projected = cell.project(weights, x)
    outputs = []
    for t in range(x.shape[0]):
        output, state, _ = cell.step(weights, projected[t], state)
        outputs.append(output)
    return stack(outputs), state
