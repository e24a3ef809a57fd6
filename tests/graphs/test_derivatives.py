"""The derivative of each operation is autograd's, in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.engines.graph_functions import FUNCTIONS, Writer
from charlm.graphs.derivatives import partial_derivatives
from charlm.graphs.nodes import BINARY, UNARY, node, ordered

LEAVES = [node("state", key=(name,)) for name in "xyz"]
X, Y, Z = LEAVES
OPERATIONS = [node(op, X) for op in UNARY] + [node(op, X, Y) for op in BINARY if not op.startswith("less")]
OPERATIONS += [node("where", node(op, X, Y), Y, Z) for op in ("less", "less_equal")]


def function_of(*wanted):
    """The values of nodes as a function of x, y and z."""
    writer = Writer("Wanted")
    writer.take(LEAVES)
    return writer.finish(tuple(writer.tensor(each, like=X) for each in wanted))


@pytest.mark.parametrize("y", OPERATIONS, ids=repr)
def test_the_derivative_of_an_operation_is_autograd_s(y):
    rng = np.random.default_rng(0)
    given = [torch.tensor(rng.uniform(0.1, 2, (4, 3)), requires_grad=True) for _ in LEAVES]
    if y.op in ("absolute", "tanh", "exp", "negative"):
        given = [(2 * each - 2).detach().requires_grad_() for each in given]
    (value,) = function_of(y)(*given)
    wanted = torch.autograd.grad(value.sum(), given, allow_unused=True, materialize_grads=True)
    total = {leaf: torch.zeros(4, 3, dtype=torch.float64) for leaf in LEAVES}
    for argument, found in zip(y.args, function_of(*partial_derivatives(y))(*given), strict=True):
        if argument in total:
            total[argument] = total[argument] + found
    for leaf, expected in zip(LEAVES, wanted, strict=True):
        torch.testing.assert_close(total[leaf].detach(), expected, rtol=1e-13, atol=1e-13)


def test_every_operation_of_a_graph_has_a_derivative_and_a_function():
    found = {each.op for y in OPERATIONS for each in ordered([y]) if each.args}
    assert found == set(FUNCTIONS) | {"where"} == set(UNARY) | set(BINARY) | {"where"}


def test_the_derivative_of_an_absolute_value_at_0_is_0_as_in_torch():
    given = [torch.zeros(1, 1, dtype=torch.float64, requires_grad=True) for _ in LEAVES]
    (slope,) = function_of(*partial_derivatives(node("absolute", X)))(*given)
    assert float(slope) == 0 == float(torch.autograd.grad(given[0].abs().sum(), given[0])[0])


def test_a_product_has_none_here():
    with pytest.raises(AssertionError, match="product"):
        partial_derivatives(node("product", X, key=("W", 0, 0)))
