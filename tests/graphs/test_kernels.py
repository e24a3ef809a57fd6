"""Derived kernels, compiled, agree with the definition under autograd in float64: the table's, and random cells'."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from graphs.compiled import WIDTHS, I, compiled, difference, needs_compiler
from graphs.random_cells import random_cells, random_weights
from hypothesis import HealthCheck, Phase, given, seed, settings

from charlm.graphs.derived import table_forms
from charlm.graphs.padding import may_be_padded
from charlm.graphs.refusing import UntraceableError
from charlm.graphs.stages import plan_kernel
from charlm.graphs.tracing import trace

pytestmark = needs_compiler


def drawn(count: int, number: int):
    """Some random cells that a kernel can run, each with whether it reads below."""
    found = {}

    @seed(number)
    @settings(
        max_examples=4 * count, database=None, phases=[Phase.generate], deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(random_cells())
    def collect(cell):
        try:
            plan_kernel(trace(cell, cell.looks))
        except UntraceableError:
            return  # more states or inputs than a kernel takes
        found[cell] = cell.looks

    collect()
    assert len(found) >= count
    return list(found.items())[-count:]  # hypothesis begins with small ones


def differences(cells, folder, dtype, seed_):
    found = []
    for number, (kernel, (cell, below)) in enumerate(zip(compiled(cells, folder, dtype), cells, strict=True)):
        weights = random_weights(cell, I, WIDTHS[dtype], seed_ + number, below)
        found.append(difference(kernel, cell, below, seed_ + number, weights))
    return found


def test_the_float32_kernels_of_random_cells_agree(tmp_path):
    assert max(differences(drawn(3, 0), tmp_path, torch.float32, 0)) < 1e-4


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(1, 11))
def test_the_float32_kernels_of_many_random_cells_agree(tmp_path, number):
    assert max(differences(drawn(20, number), tmp_path, torch.float32, number)) < 1e-4


def test_float64_kernels_of_the_table_agree_to_nine_digits(tmp_path):
    cells = list(table_forms())
    H = WIDTHS[torch.float64]
    for (cell, below), kernel in zip(cells, compiled(cells, tmp_path, torch.float64), strict=True):
        weights = cell.initial_weights(np.random.default_rng(0), I, H, below)
        rng = np.random.default_rng(1)
        weights = {name: each + rng.uniform(-0.3, 0.3, each.shape) for name, each in weights.items()}
        assert may_be_padded(kernel.plan.gradient)
        assert difference(kernel, cell, below, 0, weights) < 1e-9, cell


def test_the_float64_kernels_of_random_cells_agree(tmp_path):
    cells = [(cell, below) for cell, below in drawn(4, 99) if may_be_padded(plan_kernel(trace(cell, below)).gradient)]
    assert len(cells) > 1
    assert max(differences(cells, tmp_path, torch.float64, 0)) < 1e-9
