"""Every operation that a step may use is traced; test_refusing.py has the others."""

from __future__ import annotations

import numpy as np
import pytest
from graphs.symbolic import B, H, V, X, Y, blocks, matrix, v, wide, x, y

from charlm.cells.arrays import absolute, concatenate, exp, log, sigmoid, split, sqrt, tanh, where
from charlm.graphs.nodes import node

TRACED = {
    "x + y": (lambda: x + y, "add(state('x'), state('y'))"),
    "x - y": (lambda: x - y, "subtract(state('x'), state('y'))"),
    "x * y": (lambda: x * y, "multiply(state('x'), state('y'))"),
    "x / y": (lambda: x / y, "divide(state('x'), state('y'))"),
    "-x": (lambda: -x, "negative(state('x'))"),
    "x ** 2": (lambda: x**2, "multiply(state('x'), state('x'))"),
    "x + 1": (lambda: x + 1, "add(state('x'), constant(1.0))"),
    "1 - x": (lambda: 1 - x, "subtract(constant(1.0), state('x'))"),
    "2 / x": (lambda: 2 / x, "divide(constant(2.0), state('x'))"),
    "a number of numpy at the left": (lambda: np.float64(2) * x, "multiply(state('x'), constant(2.0))"),
    "a number of numpy at the right": (lambda: x - np.float32(2), "subtract(state('x'), constant(2.0))"),
    "1 * x": (lambda: 1 * x, "state('x')"),
    "x + 0": (lambda: x + 0, "state('x')"),
    "0 * x + 1": (lambda: 0 * x + 1, "constant(1.0)"),
    "tanh of a constant": (lambda: tanh(0 * x), "constant(0.0)"),
    "x + v": (lambda: x + v, "add(state('x'), vector('v', 0))"),
    "sigmoid": (lambda: sigmoid(x), "sigmoid(state('x'))"),
    "tanh": (lambda: tanh(x), "tanh(state('x'))"),
    "exp": (lambda: exp(x), "exp(state('x'))"),
    "log": (lambda: log(x), "log(state('x'))"),
    "sqrt": (lambda: sqrt(x), "sqrt(state('x'))"),
    "absolute": (lambda: absolute(x), "absolute(state('x'))"),
    "where": (lambda: where(x < y, x, y), "where(less(state('x'), state('y')), state('x'), state('y'))"),
    "where with a number": (
        lambda: where(x >= 1, x, 0),
        "where(less_equal(constant(1.0), state('x')), state('x'), constant(0.0))",
    ),
    "x > y": (lambda: where(x > y, x, y), "where(less(state('y'), state('x')), state('x'), state('y'))"),
    "x <= y": (lambda: where(x <= y, x, y), "where(less_equal(state('x'), state('y')), state('x'), state('y'))"),
    "split": (lambda: split(wide, 2)[1], "state('y')"),
    "a slice": (lambda: wide[..., :H], "state('x')"),
    "a slice of a vector": (lambda: blocks(V, node("vector", key=("v", 1)), rows=None)[H:], "vector('v', 1)"),
    "concatenate": (lambda: concatenate([wide, x])[..., 2 * H :], "state('x')"),
    "x @ W.T": (lambda: x @ matrix("W", 1, 1).T, "product('W', 0, 0, state('x'))"),
    "rows of W": (lambda: x @ matrix("W", 3, 1)[H : 2 * H].T, "product('W', 1, 0, state('x'))"),
    "columns of W": (lambda: y @ matrix("W", 1, 2)[:, H:].T, "product('W', 0, 1, state('y'))"),
    "several blocks": (
        lambda: wide @ matrix("W", 1, 2).T,
        "add(product('W', 0, 0, state('x')), product('W', 0, 1, state('y')))",
    ),
    "joined weights": (
        lambda: (x @ concatenate([matrix("W", 1, 1), matrix("U", 1, 1)], 0).T)[..., H:],
        "product('U', 0, 0, state('x'))",
    ),
}


@pytest.mark.parametrize("name", TRACED)
def test_what_is_traced(name):
    work, expected = TRACED[name]
    made = work()
    (block,) = made.blocks
    assert repr(block) == expected
    assert made.shape in ((B, H), (H,))


def test_shapes_are_those_of_arrays():
    assert wide.shape == (B, 2 * H)
    assert v.shape == (H,)
    assert (x + v).shape == (v + x).shape == where(v < x, v, v).shape == (B, H)
    assert matrix("W", 3, 2).shape == (3 * H, 2 * H)


def test_an_operation_on_several_blocks_is_one_on_each():
    made = tanh(wide + blocks(Y, X))
    assert [repr(each) for each in made.blocks] == [
        "tanh(add(state('x'), state('y')))",
        "tanh(add(state('y'), state('x')))",
    ]
