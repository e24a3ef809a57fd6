"""What the lowest layer reads: not vectors, but symbols with a vector each. Knows no torch and no cell.

There are only V symbols, so what a layer makes of an input alone is worked out once for each of them, and looked up.
Shape letters: T time, B rows, V symbols, E embedding, I input, K projected.
"""

from __future__ import annotations

from typing import NamedTuple

from charlm.cells.arrays import Array, lookup


class Symbols(NamedTuple):
    """ids (T, B) into a table (V, E) of embeddings."""

    table: Array
    ids: Array


def vectors(x: Array | Symbols) -> Array:
    """The inputs (T, B, I) themselves."""
    return lookup(x.table, x.ids) if isinstance(x, Symbols) else x


def once_each(x: Array | Symbols) -> tuple[Array, Array | None]:
    """The inputs that there are to work out, and the ids (T, B) by which they are looked up.

    A table (V, I) where there are fewer symbols than inputs; else all inputs (T, B, I), and None.
    """
    if isinstance(x, Symbols) and len(x.table) <= x.ids.shape[0] * x.ids.shape[1]:
        return x.table, x.ids
    return vectors(x), None
