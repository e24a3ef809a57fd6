"""charlm.cells.aligned: products whose rows have room behind them are those of torch, with their gradients."""

from __future__ import annotations

import pytest
import torch

from charlm.cells.aligned import LINE, linear_of_tensors, room


@pytest.mark.parametrize(("inputs", "results"), [(5, 7), (16, 7), (5, 16), (16, 32)])
@pytest.mark.parametrize("shape", [(4,), (2, 3)], ids=str)
def test_results_and_gradients_are_torch_s(inputs, results, shape):
    torch.manual_seed(0)
    x = torch.randn(*shape, inputs, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(results, inputs, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(results, dtype=torch.float64, requires_grad=True)
    found, expected = (f(x, weight, bias) for f in (linear_of_tensors, torch.nn.functional.linear))
    assert found.shape == expected.shape
    torch.testing.assert_close(found, expected)
    factors = torch.randn(*shape, results, dtype=torch.float64)
    gradients = (torch.autograd.grad((each * factors).sum(), [x, weight, bias]) for each in (found, expected))
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_rows_begin_at_whole_cache_lines():
    assert linear_of_tensors(torch.ones(3, 5), torch.ones(7, 5), torch.ones(7)).stride() == (LINE, 1)
    assert room(torch.ones(1), 3, LINE + 1).stride() == (2 * LINE, 1)


def test_in_autocast_it_rounds_as_torch_does():
    with torch.autocast("cpu", torch.bfloat16):
        assert linear_of_tensors(torch.ones(3, 5), torch.ones(7, 5), torch.ones(7)).dtype == torch.bfloat16
