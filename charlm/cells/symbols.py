"""What the lowest layer reads: ids of symbols, and a table with a vector for each symbol. Knows no torch and no cell.

There are only V symbols, so what a layer computes from an input alone is computed once for each symbol and looked up.
Shape letters: T time, B rows, V symbols, E embedding, I input, K projected.
"""

from __future__ import annotations

from typing import NamedTuple

from charlm.cells.arrays import Array, lookup


class Symbols(NamedTuple):
    """ids (T, B) into a table (V, E) of embeddings."""

    table: Array
    ids: Array


def embed(x: Array | Symbols) -> Array:
    """The vectors (T, B, I) of symbols; arrays are returned as they are."""
    return lookup(x.table, x.ids) if isinstance(x, Symbols) else x


def distinct_inputs(x: Array | Symbols) -> tuple[Array, Array | None]:
    """The inputs to compute with, and the ids (T, B) that look up the results.

    The table (V, I) and the ids if there are no more symbols than positions; else all inputs (T, B, I), and None.
    """
    if isinstance(x, Symbols) and len(x.table) <= x.ids.shape[0] * x.ids.shape[1]:
        return x.table, x.ids
    return embed(x), None
