"""Attention over the stack's own past outputs, with one head, between the stack and the output layer.

A simplified form of the attention in Merity 2019. For an output y and the outputs y_j of j steps ago, j = 1 ... A:

    q, k = W_q y, W_k y                      query and key, (H,) each
    s_j = q . k_j / sqrt(H) + p_j            score; p is a learned bias for each distance
    a = sum_j y_j exp(s_j) / (exp(0) + sum_j exp(s_j))
    y' = W_o [y; a]                          what the output layer reads

The past outputs themselves are the values. The term exp(0) is a null key with the value 0: it makes the softmax defined
at the first character, and lets the model attend to nothing. W_o starts as [1 0], so that training starts from the
model without attention. The past outputs are part of the state. Knows no cell.

Shape letters: T time, B rows, H hidden, A window.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, arange, concatenate, softmax, transpose, zeros
from charlm.cells.initial import initial_values

MASKED = -1e9  # added to a score, it leaves a weight of 0 after the softmax


class PastOutputs(NamedTuple):
    """The last A outputs, (B, A * H), the oldest first, and which of them exist yet, (B, A): 0 or 1.

    Checkpoints name arrays after these fields.
    """

    outputs: Array
    there: Array


def attention_shapes(window: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    """The shape of each weight, by name."""
    square = (hidden_size, hidden_size)
    return {"query": square, "key": square, "distance": (window,), "out": (hidden_size, 2 * hidden_size)}


def initial_attention(rng: np.random.Generator, window: int, hidden_size: int) -> dict[str, np.ndarray]:
    """Weights to start from, float32."""
    values = {name: initial_values(rng, name, shape) for name, shape in attention_shapes(window, hidden_size).items()}
    values["out"] = np.eye(hidden_size, 2 * hidden_size, dtype=np.float32)
    return values


def no_past_outputs(rows: int, window: int, hidden_size: int, like: Array) -> PastOutputs:
    """The state before the first character, with the dtype and device of `like`."""
    return PastOutputs(zeros((rows, window * hidden_size), like), zeros((rows, window), like))


def attend(weights: Mapping[str, Array], y: Array, past: PastOutputs) -> tuple[Array, PastOutputs]:
    """Outputs (T, B, H) and the outputs before them -> what the output layer reads (T, B, H), the new past outputs."""
    steps, rows, hidden_size = y.shape
    window = past.there.shape[1]
    before = transpose(past.outputs.reshape(rows, window, hidden_size), (1, 0, 2))
    values = transpose(concatenate([before, y], axis=0), (1, 0, 2))  # (B, A + T, H)
    there = concatenate([past.there, zeros((rows, steps), past.there) + 1])  # (B, A + T)

    # q . k_j = (W_q y) . (W_k y_j) = (W_k^T W_q y) . y_j: both products go to the queries, which are T and not A + T.
    queries = transpose(y, (1, 0, 2)) @ weights["query"].T @ weights["key"]  # (B, T, H)
    scores = queries @ transpose(values, (0, 2, 1)) * hidden_size**-0.5  # (B, T, A + T)
    # The output at index p of `values` is t + A - p steps before y_t. Only distances from 1 to A are attended to.
    distance = arange(steps, y)[:, None] + window - arange(window + steps, y)[None]
    in_window = (distance >= 1) & (distance <= window)
    scores = scores + weights["distance"][distance.clip(1, window) - 1] + MASKED * (1 - in_window * there[:, None])
    null_key = zeros((rows, steps, 1), scores)
    attended = softmax(concatenate([null_key, scores]))[..., 1:] @ values
    read = concatenate([y, transpose(attended, (1, 0, 2))]) @ weights["out"].T
    return read, PastOutputs(values[:, steps:].reshape(rows, window * hidden_size), there[:, steps:])
