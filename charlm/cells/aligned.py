"""Products of tensors on a CPU whose results stand in rows of whole cache lines. Knows no cell.

A BLAS stores its results in vectors. Where rows are no multiple of a vector long, as in a layer of 505 units, most of
these cross from one cache line into the next, and a product takes a third longer. So a row has room for a few numbers
more than it has. Shape letters: N rows, I inputs, M results.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

LINE = 16  # floats in 64 bytes


def room(like: Any, rows: int, columns: int, dtype: Any = None) -> Any:
    """An uninitialized tensor (rows, columns), a view of one whose rows are whole lines."""
    return like.new_empty(rows, columns + -columns % LINE, dtype=dtype)[:, :columns]


def linear_of_tensors(x: Any, weight: Any, bias: Any) -> Any:
    """x W^T + b for x (..., I), a weight (M, I) and a bias (M,), with gradients. Sizes of whole lines, autocast, other
    devices and a graph that is recorded for them need nothing of this."""
    torch = sys.modules["torch"]
    device = x.device.type
    elsewhere = device != "cpu" or torch.is_autocast_enabled(device) or torch.compiler.is_compiling()
    if elsewhere or not any(size % LINE for size in weight.shape):
        return torch.nn.functional.linear(x, weight, bias)
    return _linear().apply(x, weight, bias)


@cache
def _linear() -> Any:
    torch = sys.modules["torch"]

    class Linear(torch.autograd.Function):  # type: ignore[name-defined,misc]
        @staticmethod
        def forward(ctx: Any, x: Any, weight: Any, bias: Any) -> Any:
            ctx.save_for_backward(x, weight)
            rows = x.reshape(-1, x.shape[-1])
            found = torch.addmm(bias, rows, weight.T, out=room(x, len(rows), len(weight)))
            return found.unflatten(0, x.shape[:-1]) if x.ndim != 2 else found

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, d_found: Any) -> Any:
            x, weight = ctx.saved_tensors
            M, I = weight.shape  # noqa: N806, E741
            rows, d_rows = x.reshape(-1, I), d_found.reshape(-1, M)
            d_x = d_weight = None
            if ctx.needs_input_grad[0]:
                d_x = torch.mm(d_rows, weight, out=room(x, len(rows), I)).view(x.shape)
            if ctx.needs_input_grad[1]:
                d_weight = torch.mm(d_rows.T, rows, out=room(weight, M, I))
            return d_x, d_weight, d_rows.sum(0) if ctx.needs_input_grad[2] else None

    return Linear
