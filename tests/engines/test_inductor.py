"""Compiled time steps: the whole step in one piece, and the same numbers. The compiler itself is run in tests/gpu and,
for one cell, in a slow proof here."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.gradients import CellWithBackward
from charlm.cells.table import CELLS, build
from charlm.engines.choosing import run_with_torch
from charlm.engines.inductor import compiled, inductor, with_compiled_steps
from charlm.model.stack import Layer

# torch's compiler imports a part of torch that torch has deprecated, and looks for gradients where there are none
pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning"),
]

T, B, I, H = 5, 3, 4, 8  # noqa: E741

CASES = {name: (build(name, {}), False) for name in CELLS if issubclass(CELLS[name], CellWithBackward)}
CASES |= {f"{name} above": (cell, True) for name, (cell, _) in CASES.items() if cell.READS_BELOW}
CASES["gru, first form"] = (build("gru", {"first_form": True}), False)


def traced(function):
    """torch.compile without a compiler: what it saw is run as it is. Raises where it could not see a whole function."""
    return torch.compile(function, backend="eager", fullgraph=True, dynamic=False)


@pytest.fixture(autouse=True)
def _fresh():
    torch.compiler.reset()


def outcome(case, recurrence):
    cell, above = CASES[case]
    rng = np.random.default_rng(1)
    shapes = cell.shapes(I, H, above)
    weights = {name: torch.tensor(rng.standard_normal(shapes[name]) * 0.5, requires_grad=True) for name in shapes}
    x = torch.tensor(rng.standard_normal((T, B, I)), requires_grad=True)
    below = torch.tensor(rng.standard_normal((T, B, H)), requires_grad=True) if above else None
    state = cell.STATE(*(torch.zeros(B, H, dtype=torch.float64) for _ in cell.STATE._fields))
    # a memory of it read above, so that a cell with a kernel of torch's takes its steps
    layer = Layer(cell, I, H, reads_below=above, read_above=True)
    outputs, _, after = recurrence(layer, weights, x, state, below)
    wanted = [x, *weights.values()] if below is None else [x, below, *weights.values()]
    return outputs, *after, *torch.autograd.grad(outputs.square().sum() + after[0].sum(), wanted, allow_unused=True)


@pytest.mark.parametrize("case", CASES)
def test_a_step_and_its_way_back_are_seen_whole_and_are_the_same(case):
    for one, other in zip(
        outcome(case, with_compiled_steps(run_with_torch, traced)), outcome(case, run_with_torch), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_no_step_is_compiled_twice(case):
    """Every time step, layer and training of the same shape shares what was compiled."""
    torch._dynamo.utils.counters.clear()
    for _ in range(3):
        outcome(case, with_compiled_steps(run_with_torch, traced))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] <= 4  # step and back, each at the ends and between


def test_options_stay_what_they_are():
    cell = build("clockwork", {"groups": 2})
    assert compiled(cell, traced).groups == 2
    assert isinstance(compiled(cell, traced), type(cell))
    assert type(compiled(cell, traced)) is type(compiled(build("clockwork", {}), traced))


def test_cells_without_a_way_back_are_left_alone():
    layer = Layer(build("lstm", {}), I, H, reads_below=False, read_above=False)
    seen = []
    with_compiled_steps(lambda given, *rest: seen.append(given), traced)(layer, {}, None, None, None)
    assert seen == [layer]


@pytest.mark.slow
def test_the_compiler_s_step_is_the_definition_s():
    for one, other in zip(
        outcome("peephole", with_compiled_steps(run_with_torch, inductor)),
        outcome("peephole", run_with_torch),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-10)
