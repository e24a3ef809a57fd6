"""The few operations that numpy and torch spell differently, so that a cell is written once. Knows no cell.

This file does not import torch: a caller that holds a tensor has imported it already. Of these operations, a fast form
can be derived (charlm/graphs) for a step of sigmoid, tanh, exp, expm1, log, sqrt, absolute, where, maximum,
log_sigmoid, split and concatenate, with the operators + - * / @ and comparisons. A step with others runs as its
definition.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from charlm.cells.aligned import linear_of_tensors

# A numpy array or a torch tensor.
Array = Any

GELU = math.sqrt(2 / math.pi)
NORM_EPSILON = 1e-6
BLOCK = 4  # rows that `solve_lower` takes at a time


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)); numpy computes it through tanh, which neither overflows nor warns."""
    return 0.5 * np.tanh(0.5 * x) + 0.5 if isinstance(x, np.ndarray) else x.sigmoid()


def tanh(x: Array) -> Array:
    return np.tanh(x) if isinstance(x, np.ndarray) else x.tanh()


def exp(x: Array) -> Array:
    return np.exp(x) if isinstance(x, np.ndarray) else x.exp()


def expm1(x: Array) -> Array:
    """exp(x) - 1, to all digits where x is near 0."""
    return np.expm1(x) if isinstance(x, np.ndarray) else x.expm1()


def log(x: Array) -> Array:
    return np.log(x) if isinstance(x, np.ndarray) else x.log()


def sqrt(x: Array) -> Array:
    return np.sqrt(x) if isinstance(x, np.ndarray) else x.sqrt()


def absolute(x: Array) -> Array:
    return np.abs(x) if isinstance(x, np.ndarray) else x.abs()


def softplus(x: Array) -> Array:
    """ln(1 + exp(x)), to all digits for any x."""
    return np.logaddexp(x, 0 * x) if isinstance(x, np.ndarray) else -sys.modules["torch"].nn.functional.logsigmoid(-x)


def softmax(x: Array) -> Array:
    """Over the last axis."""
    if not isinstance(x, np.ndarray):
        return x.softmax(-1)
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def gelu(x: Array) -> Array:
    """0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), the form of the gelu by a tanh (Hendrycks and Gimpel 2016)."""
    if not isinstance(x, np.ndarray):
        return sys.modules["torch"].nn.functional.gelu(x, approximate="tanh")
    inner = x * x
    inner *= 0.044715 * GELU
    inner += GELU
    inner *= x
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= 0.5
    return inner


def rms_norm(x: Array, scale: Array) -> Array:
    """x / sqrt(mean(x * x) + 1e-6) * scale, for x (..., I) and a scale (I,)."""
    if not isinstance(x, np.ndarray):
        return sys.modules["torch"].nn.functional.rms_norm(x, x.shape[-1:], scale, NORM_EPSILON)
    squares = (x * x).sum(-1, keepdims=True)
    return x * (1 / np.sqrt(squares / x.shape[-1] + NORM_EPSILON)) * scale


def lengths(x: Array) -> Array:
    """The Euclidean length over the last axis: (..., D) -> (...). Its derivative at 0 is 0."""
    if isinstance(x, np.ndarray):
        return np.sqrt((x * x).sum(-1))
    return sys.modules["torch"].linalg.vector_norm(x, dim=-1)


def add_product(x: Array, y: Array, z: Array, factor: float = 1.0) -> Array:
    """x + factor * y * z, element by element; torch computes it in one pass."""
    if isinstance(x, np.ndarray):
        product = y * z
        return x + product if factor == 1 else x + factor * product
    return x.addcmul(y, z, value=factor)


def turns(x: Array, places: int) -> Array:
    """The last axis as a ring, turned: (..., N) -> (..., 2 places + 1, N), where number k has x[(i + k - places) % N]
    at i. `places` is at most N."""
    if isinstance(x, np.ndarray):
        return x.take(_turned_places(x.shape[-1], places), -1)
    ring = (x[..., x.shape[-1] - places :], x, x[..., :places])
    return sys.modules["torch"].cat(ring, -1).unfold(-1, x.shape[-1], 1)


@cache
def _turned_places(length: int, places: int) -> np.ndarray:
    """(2 places + 1, N), for `take`."""
    return (np.arange(length) + np.arange(-places, places + 1)[:, None]) % length


def where(condition: Array, x: Array, otherwise: Array) -> Array:
    """x where the condition holds, `otherwise` elsewhere, element by element."""
    return np.where(condition, x, otherwise) if isinstance(x, np.ndarray) else x.where(condition, otherwise)


def maximum(x: Array, y: Array) -> Array:
    """The larger of x and y, element by element."""
    return where(x > y, x, y)


def log_sigmoid(x: Array) -> Array:
    """The logarithm of sigma(x), without an overflow: min(x, 0) - log(1 + exp(-|x|)), with its derivative at 0 too."""
    return where(x < 0, x, 0.0) - log(1 + exp(where(x < 0, x, -x)))


def linear(x: Array, weight: Array, bias: Array) -> Array:
    """x W^T + b for x (..., I), a weight (K, I) and a bias (K,): the bias is added to the product in its place."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(x, torch.Tensor):
        return linear_of_tensors(x, weight, bias)
    sums = x @ weight.T
    if isinstance(sums, np.ndarray) and sums.dtype == bias.dtype:
        return np.add(sums, bias, out=sums)
    return sums + bias


def split(x: Array, parts: int) -> tuple[Array, ...]:
    """Cut the last axis into equal parts, as views."""
    width = x.shape[-1] // parts
    return tuple(x[..., part * width : (part + 1) * width] for part in range(parts))


def cut(x: Array, widths: Sequence[int], axis: int = -1) -> tuple[Array, ...]:
    """Cut an axis into parts of these widths, as views. torch joins the gradients of all of them in one pass."""
    if isinstance(x, np.ndarray):
        return tuple(np.split(x, np.cumsum(widths)[:-1], axis))
    return tuple(x.split(list(widths), axis))


def halves(x: Array) -> tuple[Array, ...]:
    """Cut the last axis in two, as `cut` does."""
    middle = x.shape[-1] // 2
    return cut(x, (middle, middle))


def split_first(x: Array, parts: int) -> tuple[Array, ...]:
    """Cut the first axis into equal parts, as views."""
    return tuple(np.split(x, parts) if isinstance(x, np.ndarray) else x.chunk(parts))


def stack(arrays: Sequence[Array]) -> Array:
    """Join along a new first axis."""
    return np.stack(arrays) if isinstance(arrays[0], np.ndarray) else sys.modules["torch"].stack(tuple(arrays))


def concatenate(arrays: Sequence[Array], axis: int = -1) -> Array:
    """Join along an axis that the arrays have, the last one by default."""
    if isinstance(arrays[0], np.ndarray):
        return np.concatenate(arrays, axis)
    module = getattr(arrays[0], "MODULE", None) or sys.modules["torch"]  # symbolic arrays name theirs (graphs/)
    return module.cat(tuple(arrays), axis)


def transpose(x: Array, axes: tuple[int, ...]) -> Array:
    """The axes in another order."""
    return x.transpose(axes) if isinstance(x, np.ndarray) else x.permute(axes)


def running_sum(x: Array) -> Array:
    """The sums of the numbers up to each place of the first axis."""
    return x.cumsum(0)


def running_maximum(x: Array) -> Array:
    """The largest of the numbers up to each place of the first axis."""
    return np.maximum.accumulate(x) if isinstance(x, np.ndarray) else x.cummax(0).values


def repeat(x: Array, times: int) -> Array:
    """Each number of the last axis so many times, one beside the other."""
    return x.repeat(times, -1) if isinstance(x, np.ndarray) else x.repeat_interleave(times, -1)


def solve_lower(lower: Array, right: Array) -> Array:
    """x of (1 + lower) x = right: `lower` (..., N, N) has numbers below its diagonal alone, `right` is (..., N, M).

    In torch by blocks of four rows, L on the diagonal: 1 / (1 + L) = (1 - L)(1 + L L), since L^4 = 0. torch's own
    solves one matrix after the other. Powers of the whole matrix would be as quick, and lose digits where keys repeat.
    """
    if isinstance(lower, np.ndarray):
        return np.linalg.solve(lower + np.eye(lower.shape[-1], dtype=lower.dtype), right)
    solved: list[Array] = []
    for start in range(0, right.shape[-2], BLOCK):
        rows = slice(start, start + BLOCK)
        x, block = right[..., rows, :], lower[..., rows, rows]
        if solved:
            x = x - lower[..., rows, :start] @ concatenate(solved, -2)
        x = x + block @ (block @ x)
        solved.append(x - block @ x)
    return concatenate(solved, -2)


def lookup(table: Array, ids: Array) -> Array:
    """Rows of a (V, E) table by number: ids (...) -> (..., E)."""
    return table[ids] if isinstance(table, np.ndarray) else sys.modules["torch"].nn.functional.embedding(ids, table)


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros of that shape, with the library, dtype and device of another array."""
    return np.zeros(shape, like.dtype) if isinstance(like, np.ndarray) else like.new_zeros(shape)


def integers(values: np.ndarray, like: Array) -> Array:
    """The integers of a numpy array, with the library and device of another array."""
    if isinstance(like, np.ndarray):
        return values
    return sys.modules["torch"].from_numpy(np.ascontiguousarray(values)).to(like.device)


def in_dtype_of(x: Array, like: Array) -> Array:
    """The array with the dtype of another one."""
    return x.astype(like.dtype, copy=False) if isinstance(x, np.ndarray) else x.to(like.dtype)


def arange(length: int, like: Array) -> Array:
    """The integers 0, 1, ... up to length - 1, with the library and device of another array."""
    if isinstance(like, np.ndarray):
        return np.arange(length)
    return sys.modules["torch"].arange(length, device=like.device)
