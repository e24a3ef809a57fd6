"""Every operation that a graph cannot say is refused by its name, and none is answered wrongly by Python or numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from graphs.symbolic import B, H, matrix, v, wide, x, y

from charlm.cells.arrays import concatenate, log, softmax, stack, where, zeros
from charlm.graphs.refusing import UntraceableError

REFUSED = {
    "softmax": (lambda: softmax(x), "softmax"),
    "the power 3": (lambda: x**3, "the power 3"),
    "a sum": (lambda: x.sum(-1), "sum"),
    "a slice inside a block": (lambda: x[..., :3], "a slice from 0 to 3 of blocks of 16"),
    "every second unit": (lambda: wide[..., ::2], "a slice from 0 to 32 of blocks of 16"),
    "one unit": (lambda: x[..., 0], "the index (Ellipsis, 0)"),
    "some rows": (lambda: x[:2], "the index slice(None, 2, None)"),
    "a product with a weight as it is": (lambda: x @ matrix("W", 1, 1), "not transposed (x @ W.T)"),
    "a product with an array": (lambda: x @ y, "a product with something else than a weight"),
    "a product at the right of an array": (lambda: np.zeros((B, B)) @ x, "numpy.matmul"),
    "a product of the wrong width": (lambda: wide @ matrix("W", 1, 1).T, "a weight of another width"),
    "a product of a vector": (lambda: v @ matrix("W", 1, 1).T, "something else than a weight"),
    "a product of numbers": (lambda: (0 * x) @ matrix("W", 1, 1).T, "the same for all rows"),
    "arrays of two widths": (lambda: x + wide, "an operation on 1 and 2 blocks"),
    "a list": (lambda: x * [1.0], "an operation with a list"),
    "an array of numpy": (lambda: x + np.zeros(H), "an operation with a ndarray"),
    "an array of numpy at the left": (lambda: np.zeros(H) + x, "numpy.add"),
    "a weight": (lambda: x + matrix("W", 1, 1), "an operation with a Matrix"),
    "arithmetic with a weight": (lambda: 2 * matrix("W", 1, 1), "unsupported operand"),
    "a slice inside a weight": (lambda: matrix("W", 2, 1)[:3], "a slice from 0 to 3"),
    "a slice of a transposed weight": (lambda: matrix("W", 2, 1).T[:, :H], "of a weight"),
    "an attribute of a weight": (lambda: matrix("W", 1, 1).norm(), "norm"),
    "an attribute that does not exist": (lambda: x.mispelled, "mispelled"),
    "a function of numpy": (lambda: np.tanh(x), "numpy.tanh"),
    "a sum of numpy": (lambda: np.sum(x), "numpy.sum"),
    "a choice of numpy": (lambda: np.where(x < y, x, y), "numpy.where"),
    "an array made by numpy": (lambda: np.asarray(x), "an array of numpy"),
    "a function of torch": (lambda: torch.tanh(x), "torch.tanh"),
    "a choice by a value": (lambda: 1 if x > y else 2, "a decision on the values of an array"),
    "and": (lambda: x and y, "a decision on the values of an array"),
    "a loop": (lambda: [each for each in x], "a loop over an array"),  # noqa: C416
    "len": (lambda: len(x), "len of an array"),
    "a number": (lambda: float(x), "an array as a single number"),
    "==": (lambda: x == 0, "the comparison == or !="),
    "!=": (lambda: x != y, "the comparison == or !="),
    "an assignment": (lambda: x.__setitem__(..., 1), "an assignment into an array"),
    "arithmetic with a comparison": (lambda: (x < y) * x, "an operation on a comparison, other than where"),
    "where without a comparison": (lambda: where(x, x, y), "where with a condition that is no comparison"),
    "where with a comparison as a value": (lambda: where(x < y, x, x < y), "where with a comparison as a value"),
    "the logarithm of a constant 0": (lambda: log(0 * x), "log of the constants 0.0"),
    "zeros": (lambda: zeros((B, H), x), "new_zeros"),
    "stack": (lambda: stack([x, y]), "torch.stack"),
    "to join along rows": (lambda: concatenate([x, y], 0), "to join these arrays"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named(name):
    work, operation = REFUSED[name]
    with pytest.raises((UntraceableError, TypeError)) as caught:
        work()
    assert operation in str(caught.value)


def test_symbolic_arrays_can_be_keys():
    assert {x: 1}[x] == 1
