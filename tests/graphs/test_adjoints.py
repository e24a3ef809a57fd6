"""The derived backward pass of random cells is autograd's, in float64.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from graphs.random_cells import random_cells, random_weights
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.cells.unroll import unroll
from charlm.engines.scan import scan

T, B, I, H = 4, 3, 5, 6  # noqa: E741


def results(run, cell, seed):
    """Outputs, states, and the gradients of everything that a sequence reads."""
    rng = np.random.default_rng(seed)

    def array(*shape):
        return torch.tensor(rng.uniform(-1, 1, shape), requires_grad=True)

    weights = {name: torch.tensor(each, requires_grad=True) for name, each in random_weights(cell, I, H, seed).items()}
    x, below = array(T, B, I), array(T, B, H) if cell.looks else None
    state = cell.STATE(*(array(B, H) for _ in range(cell.fields)))
    outputs, memories, after = run(cell, weights, x, state, below)
    read = [x, *state, *weights.values(), *([] if below is None else [below])]
    made = [outputs, torch.stack(tuple(memories)), *after]
    loss = sum((each * torch.tensor(rng.uniform(-1, 1, each.shape))).sum() for each in made)
    gradients = torch.autograd.grad(loss, read, allow_unused=True, materialize_grads=True)
    return [each.detach() for each in made] + list(gradients)


def check(cell, seed):
    for ours, theirs in zip(results(scan, cell, seed), results(unroll, cell, seed), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-9)


@given(random_cells(), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_the_derived_backward_pass_of_random_cells_is_autograd_s(cell, seed):
    check(cell, seed)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@given(random_cells(), st.integers(0, 9999))
@settings(max_examples=400, deadline=None)
def test_the_derived_backward_pass_of_many_random_cells_is_autograd_s(cell, seed):
    check(cell, seed)
