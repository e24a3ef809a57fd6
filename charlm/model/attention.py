"""A look back over the stack's own past outputs, by one head, just before the model's head (Merity 2019, simplified).

    q, k = W_q y, W_k y                      question and key of an output y, (H,) each
    s_j = q . k_j / sqrt(H) + p_j            score of the output j steps ago, j = 1 ... A; p is learned
    a = sum_j y_j exp(s_j) / (exp(0) + sum_j exp(s_j))
    y' = W_o [y; a]                          what the head reads

The exp(0) stands for looking at nothing, so that the first character has an answer too. W_o starts as [1 0]: at the
start the model is the one without attention. The past outputs are part of the state, as a ring that moves along.

Shape letters: T time, B rows, H hidden, A window.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, arange, concatenate, softmax, transpose, zeros
from charlm.cells.initial import initial_values

FORBIDDEN = -1e9  # a score that leaves nothing after the softmax


class Ring(NamedTuple):
    """The last outputs, (B, A * H), the oldest first, and which of them there are yet, (B, A): 0 or 1."""

    outputs: Array
    there: Array


def shapes(window: int, hidden_size: int) -> dict[str, tuple[int, ...]]:
    square = (hidden_size, hidden_size)
    return {"query": square, "key": square, "distance": (window,), "out": (hidden_size, 2 * hidden_size)}


def initial(rng: np.random.Generator, window: int, hidden_size: int) -> dict[str, np.ndarray]:
    values = {name: initial_values(rng, name, shape) for name, shape in shapes(window, hidden_size).items()}
    values["out"] = np.eye(hidden_size, 2 * hidden_size, dtype=np.float32)
    return values


def fresh(rows: int, window: int, hidden_size: int, like: Array) -> Ring:
    """The ring before the first character."""
    return Ring(zeros((rows, window * hidden_size), like), zeros((rows, window), like))


def attend(weights: Mapping[str, Array], y: Array, ring: Ring) -> tuple[Array, Ring]:
    """The outputs (T, B, H) of a stack and the ring before them -> what the head reads (T, B, H), the ring after."""
    steps, rows, hidden_size = y.shape
    window = ring.there.shape[1]
    past = transpose(ring.outputs.reshape(rows, window, hidden_size), (1, 0, 2))
    seen = transpose(concatenate([past, y], axis=0), (1, 0, 2))  # (B, A + T, H)
    there = concatenate([ring.there, zeros((rows, steps), ring.there) + 1])  # (B, A + T)

    # (W_q y) . (W_k y_j) = (W_k^T W_q y) . y_j, and there are fewer questions than keys.
    questions = transpose(y, (1, 0, 2)) @ weights["query"].T @ weights["key"]  # (B, T, H)
    scores = questions @ transpose(seen, (0, 2, 1)) * hidden_size**-0.5  # (B, T, A + T)
    # The output at place p of `seen` is t + A - p steps before y_t; at most A steps back can be seen, and none ahead.
    distance = arange(steps, y)[:, None] + window - arange(window + steps, y)[None]
    within = (distance >= 1) & (distance <= window)
    scores = scores + weights["distance"][distance.clip(1, window) - 1] + FORBIDDEN * (1 - within * there[:, None])
    nothing = zeros((rows, steps, 1), scores)
    answers = softmax(concatenate([nothing, scores]))[..., 1:] @ seen
    read = concatenate([y, transpose(answers, (1, 0, 2))]) @ weights["out"].T
    return read, Ring(seen[:, steps:].reshape(rows, window * hidden_size), there[:, steps:])
