"""Compiled time steps: each is one graph, and gives the same results. tests/gpu runs the compiler itself, and so does a
slow test here for one cell."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from traced import TRACED

from charlm.cells.table import build_cell
from charlm.engines.choosing import run_with_torch
from charlm.engines.inductor import inductor, with_compiled_steps
from charlm.model.stack import Layer

# torch's compiler imports a deprecated part of torch, and reads the .grad of tensors that are not leaves
pytestmark = [
    pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning"),
]

T, B, I, H = 5, 3, 4, 8  # noqa: E741

CASES = {name: (build_cell(name, {}), False) for name in TRACED}
CASES |= {f"{name} above": (cell, True) for name, (cell, _) in CASES.items() if cell.READS_BELOW}
CASES["gru, first form"] = (build_cell("gru", {"first_form": True}), False)
# one and two products, a memory, one from below, exponents; the others take half a second each, and are slow tests
USUAL = "lstm", "mut1", "grid above", "gru, first form", "slstm"


def traced(function):
    """torch.compile without a compiler: runs the traced graph as it is. Raises if a function is not a single graph."""
    return torch.compile(function, backend="eager", fullgraph=True, dynamic=False)


def outcome(case, recurrence):
    cell, above = CASES[case]
    rng = np.random.default_rng(1)
    shapes = cell.shapes(I, H, above)
    weights = {name: torch.tensor(rng.standard_normal(shapes[name]) * 0.5, requires_grad=True) for name in shapes}
    x = torch.tensor(rng.standard_normal((T, B, I)), requires_grad=True)
    below = torch.tensor(rng.standard_normal((T, B, H)), requires_grad=True) if above else None
    state = cell.STATE(*(torch.zeros(B, H, dtype=torch.float64) for _ in cell.STATE._fields))
    # `read_above` keeps a kernel from running the cell instead of its steps
    layer = Layer(cell, I, H, reads_below=above, read_above=True)
    outputs, _, after = recurrence(layer, weights, x, state, below)
    wanted = [x, *weights.values()] if below is None else [x, below, *weights.values()]
    return outputs, *after, *torch.autograd.grad(outputs.square().sum() + after[0].sum(), wanted, allow_unused=True)


@pytest.mark.parametrize(
    "case", [case if case in USUAL else pytest.param(case, marks=pytest.mark.slow) for case in CASES]
)
def test_a_step_and_its_backward_are_one_graph_each_and_equal_the_cells(case):
    """And no step is compiled twice: all steps, layers and trainings of the same shapes share the compiled code."""
    torch.compiler.reset()
    torch._dynamo.utils.counters.clear()
    graphs = []
    for _ in range(2):
        compiled = outcome(case, with_compiled_steps(run_with_torch, traced))
        graphs.append(torch._dynamo.utils.counters["stats"]["unique_graphs"])
    for one, other in zip(compiled, outcome(case, run_with_torch), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    assert graphs[0] == graphs[1]
    # forward and backward, for the first step, those between and the last; of a cell that keeps its input, the second
    assert 2 <= graphs[0] <= 6


def test_a_compiled_step_keeps_the_options_of_its_cell():
    """The equations of the gru's two forms differ, and so do what is compiled of them."""
    one, other = (outcome(case, with_compiled_steps(run_with_torch, traced))[0] for case in ("gru", "gru, first form"))
    assert not torch.allclose(one, other)


def test_a_layer_that_a_kernel_runs_has_no_step_to_compile():
    def compiler(function):
        raise AssertionError(function)

    layer = Layer(build_cell("rnn", {}), I, H, reads_below=False, read_above=False)
    weights = {name: torch.zeros(shape) for name, shape in layer.cell.shapes(I, H).items()}
    state = layer.cell.STATE(torch.zeros(B, H))
    outputs, _, _ = with_compiled_steps(run_with_torch, compiler)(layer, weights, torch.zeros(T, B, I), state, None)
    assert outputs.shape == (T, B, H)


@pytest.mark.slow
def test_the_inductor_s_step_equals_the_definition_s():
    torch.compiler.reset()
    for one, other in zip(
        outcome("peephole", with_compiled_steps(run_with_torch, inductor)),
        outcome("peephole", run_with_torch),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-10)
