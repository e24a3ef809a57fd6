"""The scan, besides what the laws test of it: its rounding, and the memory that it frees."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch
from traced import TRACED

from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll
from charlm.engines.scan import scan

T, B, H = 12, 4, 16


def given(name, dtype=torch.float32):
    cell, rng = build_cell(name, {}), np.random.default_rng(0)
    weights = {
        key: torch.tensor(value, dtype=dtype, requires_grad=True)
        for key, value in cell.initial_weights(rng, H, H).items()
    }
    x = torch.tensor(rng.standard_normal((T, B, H)), dtype=dtype)
    return cell, weights, x, cell.STATE(*(torch.zeros(B, H, dtype=dtype) for _ in cell.STATE._fields))


def gradients(name, run, dtype=torch.float32, autocast=False):
    cell, weights, x, state = given(name, dtype)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        outputs, _, _ = run(cell, weights, x, state)
    outputs.float().square().sum().backward()
    return torch.cat([weight.grad.flatten() for weight in weights.values()])


@pytest.mark.parametrize("name", TRACED)
def test_in_bf16_its_gradients_are_as_exact_as_autograd_s(name):
    exact = gradients(name, unroll, torch.float64).float()
    scanned, looped = (gradients(name, run, autocast=True) for run in (scan, unroll))
    assert scanned.dtype == torch.float32
    assert (scanned - exact).norm() < 2 * (looped - exact).norm() + 1e-3 * exact.norm()
    assert (scanned - exact).norm() < 0.05 * exact.norm()


@pytest.mark.parametrize("name", TRACED)
def test_without_gradients_it_equals_the_definition_to_the_last_bit(name):
    cell, weights, x, state = given(name)
    with torch.no_grad():
        ours, theirs = scan(cell, weights, x, state), unroll(cell, weights, x, state)
    assert torch.equal(ours[0], theirs[0])
    assert not ours[0].requires_grad


def test_its_memory_is_freed_after_the_backward_pass():
    cell, weights, x, state = given("peephole")
    gc.collect()
    gc.disable()
    try:
        outputs, memories, _ = scan(cell, weights, x, state)
        gone = [weakref.ref(outputs), weakref.ref(memories)]
        outputs.sum().backward()
        del outputs, memories
        assert [each() for each in gone] == [None, None]  # no cycle of references keeps a window's memory
    finally:
        gc.enable()
