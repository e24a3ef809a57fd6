"""A cell over a whole sequence, one step after the other: the definition that every faster form is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from charlm.cells.arrays import Array, stack

if TYPE_CHECKING:
    from charlm.cells.table import Cell


class Repeated:
    """The sequence that a cell's `project` and `step` make; the fast form of cells that have no faster one yet."""

    def __init__(self, project: Callable[..., Array], step: Callable[..., tuple[Array, Any, dict[str, Array]]]) -> None:
        self.project = project
        self.step = step

    def __call__(self, weights: Mapping[str, Array], x: Array, state: Any) -> tuple[Array, Any]:
        """x (T, B, I) and the state before it -> outputs (T, B, H) and the state after it."""
        projected = self.project(weights, x)
        outputs = []
        for t in range(x.shape[0]):
            output, state, _ = self.step(weights, projected[t], state)
            outputs.append(output)
        return stack(outputs), state


def unroll(cell: Cell, weights: Mapping[str, Array], x: Array, state: Any) -> tuple[Array, Any]:
    """x (T, B, I) and the state before it -> outputs (T, B, H) and the state after it, in numpy or in torch."""
    return Repeated(cell.project, cell.step)(weights, x, state)
