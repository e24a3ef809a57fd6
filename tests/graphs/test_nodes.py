"""Nodes of equal content are one object, and what is trivial is simplified."""

from __future__ import annotations

import pytest

from charlm.graphs import nodes
from charlm.graphs.nodes import ONE, ZERO, constant, has_rows, node, ordered

X, Y, V = node("state", key=("x",)), node("projected", key=(0,)), node("vector", key=("v", 0))


def test_nodes_of_equal_content_are_one_object():
    assert node("add", node("tanh", X), Y) is node("add", node("tanh", X), Y)
    assert node("add", X, Y) is not node("add", Y, X)
    assert node("product", X, key=("W", 0, 1)) is not node("product", X, key=("W", 1, 0))


def test_keys_that_python_holds_for_equal_are_different():
    assert node("vector", key=("v", 1)) is not node("vector", key=("v", 1.0))
    assert constant(1) is constant(1.0)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (nodes.add(ZERO, X), X),
        (nodes.add(X, ZERO), X),
        (nodes.subtract(X, ZERO), X),
        (nodes.subtract(ZERO, X), node("negative", X)),
        (nodes.multiply(ONE, X), X),
        (nodes.multiply(X, ONE), X),
        (nodes.multiply(X, ZERO), ZERO),
        (nodes.multiply(ZERO, X), ZERO),
        (nodes.negative(ZERO), ZERO),
        (nodes.total([]), ZERO),
        (nodes.total([X, ZERO, Y]), node("add", X, Y)),
    ],
)
def test_what_is_simplified(made, expected):
    assert made is expected


def test_nodes_come_after_their_arguments_and_once():
    inner = node("tanh", X)
    root = node("add", node("multiply", inner, Y), inner)
    found = list(ordered([root, inner]))
    assert len(found) == len(set(found)) == 5
    assert all(found.index(each) > found.index(argument) for each in found for argument in each.args)


def test_what_lies_behind_a_stop_is_left_out():
    inner = node("tanh", X)
    assert list(ordered([node("negative", inner)], stop=lambda each: each is inner)) == [inner, node("negative", inner)]


def test_a_long_chain_needs_no_recursion_to_be_ordered():
    last = X
    for _ in range(5000):
        last = node("tanh", last)
    assert sum(1 for _ in ordered([last])) == 5001


def test_what_is_the_same_for_all_rows():
    assert not has_rows(node("add", node("tanh", V), ONE))
    assert has_rows(node("add", node("tanh", V), X))
    assert has_rows(node("product", X, key=("W", 0, 0)))
