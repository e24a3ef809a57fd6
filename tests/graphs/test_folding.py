from __future__ import annotations

import pytest
import torch

from charlm.engines.graph_functions import FUNCTIONS
from charlm.graphs import folding
from charlm.graphs.folding import fold
from charlm.graphs.nodes import COMPARISONS, constant, node
from charlm.graphs.refusing import UntraceableError


@pytest.mark.parametrize("op", folding.FUNCTIONS)
def test_a_folded_constant_is_what_torch_computes(op):
    values = (1.25, 0.5)[: 2 if op in ("add", "subtract", "multiply", "divide") else 1]
    folded = fold(node(op, *map(constant, values)))
    computed = FUNCTIONS[op](*(torch.tensor(each, dtype=torch.float64) for each in values))
    assert folded.op == "constant"
    assert folded.key[0] == pytest.approx(float(computed), rel=1e-15)


def test_every_operation_is_folded_but_choices():
    assert set(folding.FUNCTIONS) == set(FUNCTIONS) - COMPARISONS - {"where"}


def test_other_nodes_stay_as_they_are():
    for each in (node("state", key=("x",)), node("tanh", node("state", key=("x",))), constant(2)):
        assert fold(each) is each


@pytest.mark.parametrize(
    ("op", "values"), [("log", (0,)), ("divide", (1, 0)), ("sqrt", (-1,)), ("exp", (1e4,)), ("less", (0, 1))]
)
def test_what_has_no_value_is_refused(op, values):
    with pytest.raises(UntraceableError, match=f"{op} of the constants"):
        fold(node(op, *map(constant, values)))
