"""The few operations whose spelling differs between numpy and torch, so that a cell is written once.

This file does not import torch: whoever holds a tensor has already done so.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

# Either a numpy array or a torch tensor; an equation cares for neither.
Array = Any


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), through tanh, which neither overflows nor warns."""
    return 0.5 * np.tanh(0.5 * x) + 0.5 if isinstance(x, np.ndarray) else x.sigmoid()


def tanh(x: Array) -> Array:
    return np.tanh(x) if isinstance(x, np.ndarray) else x.tanh()


def softmax(x: Array) -> Array:
    """Along the last axis."""
    if not isinstance(x, np.ndarray):
        return x.softmax(-1)
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def where(condition: Array, x: Array, otherwise: Array) -> Array:
    """Element by element, one of two arrays."""
    return np.where(condition, x, otherwise) if isinstance(x, np.ndarray) else x.where(condition, otherwise)


def split(x: Array, parts: int) -> tuple[Array, ...]:
    """Cut the last axis in equal parts, as views."""
    width = x.shape[-1] // parts
    return tuple(x[..., part * width : (part + 1) * width] for part in range(parts))


def split_first(x: Array, parts: int) -> tuple[Array, ...]:
    """Cut the first axis in equal parts, as views."""
    return tuple(np.split(x, parts) if isinstance(x, np.ndarray) else x.chunk(parts))


def stack(arrays: Sequence[Array]) -> Array:
    """Join along a new first axis."""
    return np.stack(arrays) if isinstance(arrays[0], np.ndarray) else sys.modules["torch"].stack(tuple(arrays))


def concatenate(arrays: Sequence[Array], axis: int = -1) -> Array:
    """Join along an axis that they have, the last one unless told."""
    if isinstance(arrays[0], np.ndarray):
        return np.concatenate(arrays, axis)
    return sys.modules["torch"].cat(tuple(arrays), axis)


def transpose(x: Array, axes: tuple[int, ...]) -> Array:
    """The axes in another order."""
    return x.transpose(axes) if isinstance(x, np.ndarray) else x.permute(axes)


def lookup(table: Array, ids: Array) -> Array:
    """Rows of a (V, E) table by number: ids (...) -> (..., E)."""
    return table[ids] if isinstance(table, np.ndarray) else sys.modules["torch"].nn.functional.embedding(ids, table)


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros of that shape, of the kind, type and place of another array."""
    return np.zeros(shape, like.dtype) if isinstance(like, np.ndarray) else like.new_zeros(shape)


def count(numbers: int, like: Array) -> Array:
    """0, 1, 2, ... as integers, of the kind and in the place of another array."""
    if isinstance(like, np.ndarray):
        return np.arange(numbers)
    return sys.modules["torch"].arange(numbers, device=like.device)
