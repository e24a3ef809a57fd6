"""charlm.cells.block_products: products with block-diagonal matrices, in numpy and in torch, with their gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.block_products import block_products

UNITS, MATRICES, ROWS = 12, 2, 5


def whole(weight: np.ndarray) -> np.ndarray:
    """The block-diagonal matrices as whole ones, one above the other: (G H, H)."""
    size = weight.shape[1]
    found = np.zeros((len(weight), UNITS))
    for row, values in enumerate(weight):
        first = row % UNITS // size * size
        found[row, first : first + size] = values
    return found


@pytest.fixture(params=[1, 3, 12], ids="{} blocks".format)
def given(request):
    rng = np.random.default_rng(0)
    return rng.standard_normal((ROWS, UNITS)), rng.standard_normal((MATRICES * UNITS, UNITS // request.param))


def test_results_are_those_of_whole_matrices_and_then_the_input(given):
    x, weight = given
    expected = np.concatenate([x @ whole(weight).T, x], 1)
    np.testing.assert_allclose(block_products(x, weight), expected, atol=1e-12)
    np.testing.assert_allclose(block_products(*map(torch.tensor, given)), expected, atol=1e-12)


def test_gradients_are_right(given):
    x, weight = (torch.tensor(each, requires_grad=True) for each in given)
    assert torch.autograd.gradcheck(block_products, (x, weight))


def test_in_autocast_products_are_rounded_and_the_input_is_not():
    rng = np.random.default_rng(0)
    x, weight = (torch.tensor(rng.standard_normal(shape), dtype=torch.float32) for shape in ((ROWS, 12), (24, 4)))
    x.requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        found = block_products(x, weight)
    found.sum().backward()
    exact = block_products(x.detach(), weight)
    assert torch.equal(found[:, 24:], x)
    assert torch.equal(found[:, :24].bfloat16().float(), found[:, :24])
    torch.testing.assert_close(found, exact, rtol=0, atol=0.05)
    expected = 1 + weight.unflatten(0, (2, 3, 4)).sum((0, 2)).flatten().expand(ROWS, -1)
    torch.testing.assert_close(x.grad, expected, rtol=0, atol=0.05)
