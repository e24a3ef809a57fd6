"""What the lowest layer reads: not vectors, but symbols with a vector each. Knows no torch and no cell.

There are only V symbols, so what a layer makes of an input alone is worked out once for each of them, and looked up.
Shape letters: T time, B rows, V symbols, E embedding, I input, K projected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from charlm.cells.arrays import Array, lookup

if TYPE_CHECKING:
    from charlm.cells.cell import Cell


class Symbols(NamedTuple):
    """ids (T, B) into a table (V, E) of embeddings."""

    table: Array
    ids: Array


def vectors(x: Array | Symbols) -> Array:
    """The inputs (T, B, I) themselves."""
    return lookup(x.table, x.ids) if isinstance(x, Symbols) else x


def are_few(x: Any) -> bool:
    """Whether the inputs are symbols of which there are fewer than there are inputs."""
    return isinstance(x, Symbols) and len(x.table) <= x.ids.shape[0] * x.ids.shape[1]


def project(cell: Cell, weights: Mapping[str, Array], x: Array | Symbols) -> Array:
    """The cell's input sums (T, B, K) of inputs (T, B, I) or of symbols."""
    if isinstance(x, Symbols) and are_few(x):
        return lookup(cell.project(weights, x.table), x.ids)
    return cell.project(weights, vectors(x))
