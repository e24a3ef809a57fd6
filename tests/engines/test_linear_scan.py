"""The linear scan, besides what the laws test of it: long windows, extreme decays, chunks, and float32."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll
from charlm.engines import linear_scan

T, B, I, H = 1000, 2, 3, 8  # noqa: E741
CELLS = {
    "min_gru": {},
    "min_lstm": {"positive": True},
    "rg_lru": {},
    "qrnn": {"window": 3},
}
every_cell = pytest.mark.parametrize("name", CELLS)


def given(name, size, dtype=torch.float64):
    """A cell, with gates that are nearly closed or nearly open if `size` is large."""
    cell, rng = build_cell(name, CELLS[name]), np.random.default_rng(0)
    values = cell.initial_weights(rng, I, H)
    weights = {
        key: torch.tensor(size * value if value.ndim == 2 else value, dtype=dtype, requires_grad=True)
        for key, value in values.items()
    }
    x = torch.tensor(rng.standard_normal((T, B, I)), dtype=dtype, requires_grad=True)
    state = cell.STATE(*(torch.tensor(rng.uniform(0, 1, (B, H)), dtype=dtype) for _ in cell.STATE._fields))
    return cell, weights, x, state


def results(run, cell, weights, x, state):
    outputs, _, after = run(cell, weights, x, state)
    loss = (outputs * torch.cos(torch.arange(outputs.numel())).view_as(outputs)).sum() + sum(p.sum() for p in after)
    return [outputs, *after, *torch.autograd.grad(loss, [x, *weights.values()])]


@every_cell
def test_a_long_window_equals_the_definition(name):
    """With 30 times the weights, decays are within 1e-9 of 0 and of 1, and others between."""
    theirs, ours = (results(run, *given(name, 30.0)) for run in (unroll, linear_scan.run))
    for defined, scanned in zip(theirs, ours, strict=True):
        torch.testing.assert_close(scanned, defined, rtol=1e-9, atol=1e-9)


@every_cell
@pytest.mark.parametrize("chunk", [1, 7])
def test_chunks_with_the_state_carried_equal_one_run(name, chunk):
    cell, weights, x, state = given(name, 1.0, torch.float32)
    with torch.no_grad():
        whole, _, end = linear_scan.run(cell, weights, x[:100], state)
        parts = []
        for start in range(0, 100, chunk):
            outputs, _, state = linear_scan.run(cell, weights, x[start : min(100, start + chunk)], state)
            parts.append(outputs)
    torch.testing.assert_close(torch.cat(parts), whole, rtol=0, atol=1e-6)
    for one, other in zip(state, end, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


@every_cell
def test_under_autocast_the_recurrence_stays_in_float32(name):
    cell, weights, x, state = given(name, 1.0, torch.float32)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        outputs, _, after = linear_scan.run(cell, weights, x[:100], state)
    with torch.no_grad():
        exact, _, _ = unroll(cell, weights, x[:100], state)
    assert outputs.dtype == after[0].dtype == torch.float32
    assert float((outputs - exact).norm() / exact.norm()) < 0.02
