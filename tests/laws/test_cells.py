"""What holds for every cell in the table. A new cell is tested by all of it as soon as it has its line there.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.families import FAMILIES, year_of
from charlm.cells.table import CELLS, build_cell
from charlm.cells.unroll import unroll
from charlm.config.settings import ModelSettings
from charlm.engines import linear_scan
from charlm.engines.choosing import run_with_torch
from charlm.engines.scan import scan
from charlm.graphs.tracing import trace_problem
from charlm.model.stack import Layer

T, B, I, H = 7, 3, 5, 4  # noqa: E741

# Every cell, in every form that its step has, and above another layer if it reads the memory below.
CASES = {
    f"{name}, {form}".rstrip(", "): (build_cell(name, given), False)
    for name in CELLS
    for form, given in CELLS[name].forms().items()
}
CASES |= {f"{name} above": (build_cell(name, {}), True) for name in CELLS if CELLS[name].READS_BELOW}

every_case = pytest.mark.parametrize("case", CASES)
every_cell = pytest.mark.parametrize("name", CELLS)


def weights_of(case, dtype=np.float64, seed=0):
    """Weights without zeros: an implementation that left one out would give other results."""
    rng = np.random.default_rng(seed)
    cell, below = CASES[case]
    return {key: rng.standard_normal(shape).astype(dtype) * 0.5 for key, shape in cell.shapes(I, H, below).items()}


def state_of(case, seed=1):
    """A state that can occur: the one after some steps from a fresh state."""
    cell, _ = CASES[case]
    fresh = cell.fresh_state(B, I, H, like=np.zeros(()))
    return unroll(cell, weights_of(case, seed=9), inputs(seed), fresh, memories(case, seed))[2]


def inputs(seed=2):
    return np.random.default_rng(seed).standard_normal((T, B, I))


def memories(case, seed=2):
    return np.random.default_rng(seed + 50).standard_normal((T, B, H)) if CASES[case][1] else None


def as_torch(value, grad=False):
    if value is None:
        return None
    if isinstance(value, dict):
        return {key: torch.tensor(v, requires_grad=grad) for key, v in value.items()}
    if isinstance(value, tuple):
        return type(value)(*(torch.tensor(v, requires_grad=grad) for v in value))
    return torch.tensor(value, requires_grad=grad)


def run(case, x=None, state=None, part=slice(None)):
    """Outputs, memories and state of the definition in numpy, over some of the time steps."""
    below = memories(case)
    x = inputs() if x is None else x
    return unroll(
        CASES[case][0],
        weights_of(case),
        x[part],
        state_of(case) if state is None else state,
        None if below is None else below[part],
    )


def engines(case, read_above=False):
    """The engines that can train the case, as functions; `read_above`: a layer above reads its memory."""
    cell, below = CASES[case]
    layer = Layer(cell, I, H, reads_below=below, read_above=read_above)
    found = {"chosen": lambda *given: run_with_torch(layer, *given)}
    if linear_scan.can_run(cell, below):
        found["linear scan"] = lambda *given: linear_scan.run(cell, *given)
    return found if trace_problem(cell, below) else found | {"scan": lambda *given: scan(cell, *given)}


def gradient(tensor):
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


@every_case
def test_shapes(case):
    cell = CASES[case][0]
    outputs, made, state = run(case)
    assert outputs.shape == (T, B, H)
    assert type(state) is cell.STATE
    assert {name: part.shape for name, part in state._asdict().items()} == {
        name: (B, width) for name, width in cell.state_widths(I, H).items()
    }
    assert (made is None) == (cell.MEMORY is None)
    if made is not None:
        np.testing.assert_array_equal(made[-1], getattr(state, cell.MEMORY))


@every_case
def test_initial_weights_have_the_declared_shapes_and_are_finite_float32(case):
    cell, below = CASES[case]
    values = cell.initial_weights(np.random.default_rng(0), I, H, below)
    assert {key: value.shape for key, value in values.items()} == cell.shapes(I, H, below)
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in values.values())


@every_case
def test_it_has_the_declared_gates(case):
    """All of them if it stands above another layer; the lowest layer may lack those that read the memory below."""
    cell, below = CASES[case]
    weights, under = cell.step_weights(weights_of(case)), memories(case)
    projected = cell.project(weights, inputs()[0])
    _, _, inner = cell.step(weights, projected, state_of(case), None if under is None else under[0])
    gates = [name for name in cell.GATES if name in inner]
    assert len(gates) == len(cell.GATES) or (cell.READS_BELOW and not below)
    assert all(value.shape == (B, H) for value in inner.values())
    assert all(((inner[gate] > 0) & (inner[gate] < 1)).all() for gate in gates)


@every_cell
def test_every_option_has_a_valid_default_and_a_description(name):
    for option in CELLS[name].options().values():
        assert option.problem(option.default) is None
        assert option.about


@every_cell
def test_it_has_a_family_and_a_year(name):
    assert CELLS[name].FAMILY in FAMILIES
    assert 1980 < year_of(CELLS[name]) < 2100


@every_cell
def test_the_equations_are_in_the_docstring(name):
    cell = CELLS[name]
    assert "h' =" in cell.equations()
    assert cell.PAPER.split()[0].strip(",") in cell.equations()


@every_case
def test_numpy_equals_torch(case):
    by_numpy, _, numpy_state = run(case)
    cell, given = CASES[case][0], (weights_of(case), inputs(), state_of(case), memories(case))
    by_torch, _, torch_state = unroll(cell, *(as_torch(value) for value in given))
    np.testing.assert_allclose(by_torch.numpy(), by_numpy, atol=1e-12)
    for one, other in zip(torch_state, numpy_state, strict=True):
        np.testing.assert_allclose(one.numpy(), other, atol=1e-12)


@pytest.mark.parametrize("read_above", [False, True])
@every_case
def test_engines_equal_the_definition_in_outputs_state_and_gradients(case, read_above):
    cell = CASES[case][0]
    results = []
    for run_layer in (lambda *given: unroll(cell, *given), *engines(case, read_above).values()):
        given = [as_torch(value, True) for value in (weights_of(case), inputs(), state_of(case), memories(case))]
        weights, x, state, below = given
        outputs, made, after = run_layer(*given)
        # the loss has a factor of its own for every output, every memory that goes up and every part of the last state
        loss = (outputs * as_torch(np.random.default_rng(3).standard_normal((T, B, H)))).sum()
        loss = loss + sum((part * as_torch(state_of(case, seed=4)[k])).sum() for k, part in enumerate(after))
        if read_above and cell.MEMORY:
            loss = loss + sum((memory * (t + 1)).sum() for t, memory in enumerate(made))
        loss.backward()
        results.append([outputs, *after, x.grad, *map(gradient, state), *map(gradient, weights.values())])
        if below is not None:
            results[-1].append(below.grad)
    for fast in results[1:]:
        for defined, value in zip(results[0], fast, strict=True):
            torch.testing.assert_close(value, defined, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("case", "engine"), [(case, engine) for case in CASES for engine in engines(case)])
def test_gradients_of_the_engines_are_those_of_finite_differences(case, engine):
    cell, found = CASES[case][0], engines(case)
    names, parts = list(weights_of(case)), len(cell.STATE._fields)

    def outputs(x, *values):
        weights, state = dict(zip(names, values[: len(names)], strict=True)), values[len(names) :][:parts]
        result, _, after = found[engine](weights, x, cell.STATE(*state), (values[len(names) + parts :] or (None,))[0])
        return (result, *after)

    given = [as_torch(inputs()[:3], True), *as_torch(weights_of(case), True).values(), *as_torch(state_of(case), True)]
    if CASES[case][1]:
        given.append(as_torch(memories(case)[:3], True))
    # all derivatives at once, along random directions; so narrowly that one which is wrong by a thousandth is found
    assert torch.autograd.gradcheck(outputs, given, fast_mode=True, atol=1e-8, rtol=1e-6)


@every_case
def test_a_loss_may_read_the_last_state_alone(case):
    cell = CASES[case][0]
    found = []
    for run_layer in (lambda *given: unroll(cell, *given), *engines(case).values()):
        weights = as_torch(weights_of(case), True)
        _, _, after = run_layer(weights, as_torch(inputs()), as_torch(state_of(case)), as_torch(memories(case)))
        after[0].sum().backward()
        found.append([gradient(weight) for weight in weights.values()])
    for fast in found[1:]:
        for defined, value in zip(found[0], fast, strict=True):
            torch.testing.assert_close(value, defined, rtol=1e-9, atol=1e-11)


@every_case
def test_one_run_equals_two_chunks_with_the_state_carried(case):
    whole, _, end = run(case)
    for cut in range(1, T):
        first, _, middle = run(case, part=slice(cut))
        second, _, last = run(case, state=middle, part=slice(cut, None))
        np.testing.assert_array_equal(np.concatenate([first, second]), whole)
        for one, other in zip(last, end, strict=True):
            np.testing.assert_array_equal(one, other)


@every_case
def test_outputs_do_not_depend_on_later_inputs(case):
    before, _, _ = run(case)
    for moment in range(T):
        x = inputs()
        x[moment] += 1
        after, _, _ = run(case, x)
        np.testing.assert_array_equal(after[:moment], before[:moment])
        assert (after[moment] != before[moment]).any()


@every_case
def test_rows_are_independent(case):
    cell, weights, below = CASES[case][0], weights_of(case), memories(case)
    together, _, _ = run(case)
    for row in range(B):
        rows = slice(row, row + 1)
        state = cell.STATE(*(part[rows] for part in state_of(case)))
        alone, _, _ = unroll(cell, weights, inputs()[:, rows], state, None if below is None else below[:, rows])
        np.testing.assert_allclose(together[:, rows], alone, atol=1e-12)


@every_cell
def test_it_can_overfit_hello_hello(name):
    from charlm.model.language_model import LanguageModel
    from charlm.model.parameters import initial_parameters

    settings = ModelSettings(cell=name, hidden_size=16, num_layers=1)
    text = "hello hello"
    symbols = sorted(set(text))
    ids = torch.tensor([symbols.index(c) for c in text])[:, None]
    weights = as_torch(initial_parameters(settings, len(symbols), np.random.default_rng(0)), True)
    model = LanguageModel(settings, weights)
    optimizer = torch.optim.Adam(weights.values(), lr=0.03)
    for _ in range(80):
        logits, _ = model.forward(ids[:-1], model.fresh_state(1), run_with_torch)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    # what follows an l is certain only to a model that remembers what came before it
    assert loss.item() < 0.05
