"""Products with block-diagonal matrices, beside the input itself: for numpy and for torch. Knows no cell.

Each block is a product of some columns of the input and some rows of the weight, and stands in its place among the
results from the start. As products of arrays with three axes, or one after the other and then joined, most of the time
would go into copies. Shape letters: N rows, G matrices, H units, S units of a block.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from charlm.cells.aligned import room
from charlm.cells.arrays import Array


def block_products(x: Array, weight: Array) -> Array:
    """x (N, H) and a weight (G H, S), whose rows have the columns of their own block -> (N, (G + 1) H): the products
    with the G matrices, and then x."""
    if not isinstance(x, np.ndarray):
        return _function().apply(x, weight)
    H, G = x.shape[1], len(weight) // x.shape[1]  # noqa: N806
    found = np.empty((len(x), (G + 1) * H), np.result_type(x, weight))
    found[:, G * H :] = x
    for read, made in _blocks(H, *weight.shape):
        np.matmul(x[:, read], weight[made].T, out=found[:, made])
    return found


def _blocks(units: int, made: int, size: int) -> Iterator[tuple[slice, slice]]:
    """The columns that each block reads, and the rows of its weights, which are the columns of its results."""
    if size == units:  # all matrices read all columns: one product
        yield slice(None), slice(0, made)
        return
    for start in range(0, made, size):
        yield slice(start % units, start % units + size), slice(start, start + size)


@cache
def _function() -> Any:
    """The function of torch, which is imported when tensors are there. In an autocast, products are in its dtype."""
    torch = sys.modules["torch"]

    class BlockProducts(torch.autograd.Function):  # type: ignore[name-defined,misc]
        @staticmethod
        def forward(ctx: Any, x: Any, weight: Any) -> Any:
            device = x.device.type
            dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
            ctx.save_for_backward(x, weight)
            ctx.dtype = dtype
            (N, H), made = x.shape, len(weight)  # noqa: N806
            found = room(x, N, made + H, torch.promote_types(x.dtype, dtype))
            found[:, made:] = x
            x, weight = x.to(dtype), weight.to(dtype)
            for read, to in _blocks(H, *weight.shape):
                if found.dtype == dtype:
                    torch.mm(x[:, read], weight[to].T, out=found[:, to])
                else:
                    found[:, to] = x[:, read] @ weight[to].T
            return found

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, d_found: Any) -> Any:
            (x, weight), dtype = ctx.saved_tensors, ctx.dtype
            made = len(weight)
            d_x, d_weight = room(d_found, *x.shape), torch.empty_like(weight)
            d_x[:] = d_found[:, made:]
            d_made, read_x, rows = d_found[:, :made].to(dtype), x.to(dtype), weight.to(dtype)
            for read, to in _blocks(x.shape[1], *weight.shape):
                if d_x.dtype == dtype:
                    d_x[:, read].addmm_(d_made[:, to], rows[to])
                else:
                    d_x[:, read] += d_made[:, to] @ rows[to]
                d_weight[to] = d_made[:, to].T @ read_x[:, read]
            return d_x.to(x.dtype), d_weight

    return BlockProducts
