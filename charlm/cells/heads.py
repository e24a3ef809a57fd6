"""The heads of a cell with a matrix for a memory: how many a layer has, and arrays cut into them. Knows no cell.

A layer of H units has N heads of D units each; each head has a memory of D rows and D columns. D is 32 or somewhat less
if the layer's width allows it: a memory is large enough then to hold some dozens of things, and its state is small
enough to be carried. Shape letters: T time, B rows, H hidden, N heads, D units of a head.
"""

from __future__ import annotations

from collections.abc import Iterator

from charlm.cells.arrays import Array, sqrt, transpose

SMALL = 1e-5  # what `scaled` adds to a mean of squares
SIZES = (*range(32, 7, -1), *range(33, 65))  # of a head, the best first


def head_count(hidden_size: int, wanted: int) -> int:
    """The heads of a layer of that width: as many as are wanted, or, for 0, as many as make their size the best."""
    if wanted or hidden_size <= SIZES[0]:
        return wanted or 1
    return next((hidden_size // size for size in SIZES if hidden_size % size == 0), 1)


def size_problem(hidden_size: int, wanted: int) -> str | None:
    """What is wrong with a layer of that width, in words that follow the name of the setting; None if nothing is."""
    if wanted:
        if hidden_size % wanted == 0:
            return None
        return f"must be a multiple of the {wanted} heads, such as {max(1, round(hidden_size / wanted)) * wanted}"
    if _divides(hidden_size):
        return None
    near = next(size for size in _around(hidden_size) if _divides(size))
    least, most = min(SIZES), max(SIZES)
    return f"cannot be divided into heads of {least} to {most} units; {near} can, or give the option heads"


def _divides(hidden_size: int) -> bool:
    return hidden_size <= SIZES[0] or any(hidden_size % size == 0 for size in SIZES)


def _around(hidden_size: int) -> Iterator[int]:
    """The other widths, the nearest first."""
    for distance in range(1, hidden_size + SIZES[0]):
        yield from (hidden_size + distance, max(1, hidden_size - distance))


def by_head(x: Array, heads: int) -> Array:
    """(..., H) -> (..., N, D)"""
    return x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads)


def scaled(x: Array, scale: Array) -> Array:
    """What heads have read (..., N, D), each head's divided by the root of its mean square, times a scale (H,)."""
    units = x / sqrt((x * x).sum(-1)[..., None] / x.shape[-1] + SMALL)
    return units.reshape(*x.shape[:-2], scale.shape[-1]) * scale


def heads_first(x: Array, heads: int) -> Array:
    """Numbers of some steps (T, B, H) -> (B, N, T, D), so that a head's steps are the rows of a matrix."""
    return transpose(by_head(x, heads), (1, 2, 0, 3))


def steps_first(x: Array) -> Array:
    """(B, N, T, D) -> (T, B, N, D)"""
    return transpose(x, (2, 0, 1, 3))
