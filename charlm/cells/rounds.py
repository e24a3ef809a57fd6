"""Rounds before a step, in which input and output gate each other (Melis, Kocisky and Blunsom 2020). Knows no cell.

    x = 2 sigma(Q_i h) * x      in round i = 1, 3, 5, ...
    h = 2 sigma(R_i x) * h      in round i = 2, 4, 6, ...

Each matrix is a product A B of rank k, the weights `round_i_a` and `round_i_b`; with rank 0 it is one weight,
`round_i`. A is zero at first, and 2 sigma(0) = 1: a new layer does what it would do without rounds.

As x depends on h, `project` only hands it through, and W x + b is part of the step. A step reads blocks as wide as the
layer. So an x of fewer numbers is filled up with zeros, which stay zeros; one of more numbers is first brought to as
many as there are units, by a learned matrix, `narrow`, and takes the place of x.

Shape letters: B rows, I input, H hidden, X = min(I, H), k rank, G gates.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from charlm.cells.arrays import Array, concatenate, sigmoid, zeros
from charlm.cells.option import Option

MOST = 8  # each is a stage of its own in a kernel
ROUNDS = Option(
    0, "rounds in which input and output gate each other before a step (Melis et al. 2020: 4 to 6)", 0, MOST
)
RANK = Option(32, "rank of the matrices of the rounds; 0: full", 0, 4096)

Shapes = dict[str, tuple[int, ...]]
Weights = Mapping[str, Array]


def with_rounds(shapes: Shapes, rounds: int, rank: int, input_size: int, hidden_size: int) -> Shapes:
    """The shapes of the weights of a cell without rounds -> those with them."""
    if not rounds:
        return shapes
    width = min(input_size, hidden_size)
    found = shapes | {"weight_ih": (shapes["weight_ih"][0], width)}
    if input_size > hidden_size:
        found["narrow"] = hidden_size, input_size
    for number in range(1, rounds + 1):
        rows, columns = (width, hidden_size) if number % 2 else (hidden_size, width)
        if rank:
            found |= {f"round_{number}_a": (rows, rank), f"round_{number}_b": (rank, columns)}
        else:
            found[f"round_{number}"] = rows, columns
    return found


def initial_rounds(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The initial weights of a layer, with each A, or the whole matrix of a round, made zero."""
    gates = {name for name in values if name.startswith("round_") and not name.endswith("_b")}
    return {name: np.zeros_like(value) if name in gates else value for name, value in values.items()}


def ready_for_rounds(weights: Weights, rounds: int, bias: Array) -> Weights:
    """The weights as `gated` reads them: matrices (H, H) of the rounds, W (G H, H), and the bias (G H,) beside W."""
    if not rounds:
        return weights
    size = weights["weight_hh"].shape[-1]
    found = {name: value for name, value in weights.items() if not name.startswith("round_")}
    found |= {"weight_ih": _with_columns(weights["weight_ih"], size), "bias_ih": bias}
    for number in range(1, rounds + 1):
        name = f"round_{number}"
        whole = weights[name] if name in weights else weights[f"{name}_a"] @ weights[f"{name}_b"]
        found[name] = _with_columns(_with_rows(whole, size), size)
    return found


def handed_through(weights: Weights, x: Array, gates: int) -> Array:
    """x (..., I) as wide as the layer: (..., H)."""
    if "narrow" in weights:
        return x @ weights["narrow"].T
    return _with_columns(x, weights["weight_ih"].shape[0] // gates)


def gated(weights: Weights, rounds: int, x: Array, h: Array) -> tuple[Array, Array]:
    """x (B, H), as `handed_through` gives it, and h (B, H) -> W x + b (B, G H) and h, after the rounds."""
    for number in range(1, rounds + 1):
        matrix = weights[f"round_{number}"]
        if number % 2:
            x = 2 * sigmoid(h @ matrix.T) * x
        else:
            h = 2 * sigmoid(x @ matrix.T) * h
    return x @ weights["weight_ih"].T + weights["bias_ih"], h


def _with_columns(x: Array, size: int) -> Array:
    missing = size - x.shape[-1]
    return concatenate([x, zeros((*x.shape[:-1], missing), x)]) if missing else x


def _with_rows(x: Array, size: int) -> Array:
    missing = size - x.shape[0]
    return concatenate([x, zeros((missing, *x.shape[1:]), x)], axis=0) if missing else x
