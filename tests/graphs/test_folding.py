from __future__ import annotations

import pytest
import torch

from charlm.engines.graph_functions import FUNCTIONS
from charlm.graphs import numbers
from charlm.graphs.folding import fold
from charlm.graphs.nodes import BINARY, constant, node
from charlm.graphs.refusing import UntraceableError


@pytest.mark.parametrize("op", FUNCTIONS)
def test_a_folded_constant_is_what_torch_computes(op):
    values = (1.25, 0.5)[: 2 if op in BINARY else 1]
    folded = fold(node(op, *map(constant, values)))
    computed = FUNCTIONS[op](*(torch.tensor(each, dtype=torch.float64) for each in values))
    assert folded.op == "constant"
    assert folded.key[0] == pytest.approx(float(computed), rel=1e-15)


def test_every_operation_has_a_function_of_numbers():
    assert set(numbers.FUNCTIONS) == set(FUNCTIONS) | {"where"}


def test_a_choice_by_a_constant_is_made_when_the_step_is_traced():
    x, y = node("state", key=("x",)), node("state", key=("y",))
    held = fold(node("less", constant(1), constant(2)))
    assert fold(node("where", held, x, y)) is x
    assert fold(node("where", fold(node("less_equal", constant(2), constant(1))), x, y)) is y


def test_other_nodes_stay_as_they_are():
    for each in (node("state", key=("x",)), node("tanh", node("state", key=("x",))), constant(2)):
        assert fold(each) is each


@pytest.mark.parametrize(("op", "values"), [("log", (0,)), ("divide", (1, 0)), ("sqrt", (-1,)), ("exp", (1e4,))])
def test_what_has_no_value_is_refused(op, values):
    with pytest.raises(UntraceableError, match=f"{op} of the constants"):
        fold(node(op, *map(constant, values)))
