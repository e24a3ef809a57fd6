"""What every cell in the table obeys. A new cell is held to all of it by its one line there.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.cells.unroll import unroll

T, B, I, H = 7, 3, 5, 4  # noqa: E741

every_cell = pytest.mark.parametrize("name", CELLS)


def weights_of(name, dtype=np.float64, input_size=I, hidden_size=H, seed=0):
    """Weights that leave no number at zero, so that none can be forgotten unseen."""
    rng = np.random.default_rng(seed)
    shapes = CELLS[name].shapes(input_size, hidden_size)
    return {key: rng.standard_normal(shape).astype(dtype) * 0.5 for key, shape in shapes.items()}


def state_of(name, rows=B, seed=1, fresh=False):
    rng = np.random.default_rng(seed)
    kind = CELLS[name].State
    return kind(*((0 if fresh else 1) * rng.uniform(-1, 1, (rows, H)) for _ in kind._fields))


def inputs(seed=2, rows=B):
    return np.random.default_rng(seed).standard_normal((T, rows, I))


def as_torch(value, grad=False):
    if isinstance(value, dict):
        return {key: torch.tensor(v, requires_grad=grad) for key, v in value.items()}
    if isinstance(value, tuple):
        return type(value)(*(torch.tensor(v, requires_grad=grad) for v in value))
    return torch.tensor(value, requires_grad=grad)


@every_cell
def test_shapes(name):
    cell = CELLS[name]
    outputs, state = unroll(cell, weights_of(name), inputs(), state_of(name))
    assert outputs.shape == (T, B, H)
    assert type(state) is cell.State
    assert all(part.shape == (B, H) for part in state)


@every_cell
def test_initial_weights_have_the_declared_shapes_and_are_finite_float32(name):
    cell = CELLS[name]
    options = {key: option.default for key, option in cell.OPTIONS.items()}
    values = cell.initial(np.random.default_rng(0), I, H, options)
    assert {key: value.shape for key, value in values.items()} == cell.shapes(I, H)
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in values.values())


@every_cell
def test_declared_gates_are_what_it_has(name):
    cell = CELLS[name]
    weights = weights_of(name)
    _, _, gates = cell.step(weights, cell.project(weights, inputs()[0]), state_of(name))
    assert tuple(gates) == cell.GATES
    assert all(gate.shape == (B, H) and ((gate > 0) & (gate < 1)).all() for gate in gates.values())


@every_cell
def test_every_option_has_a_valid_default_and_says_what_it_does(name):
    for option in CELLS[name].OPTIONS.values():
        assert option.problem(option.default) is None
        assert option.about


@every_cell
def test_the_equations_are_in_the_docstring(name):
    cell = CELLS[name]
    assert "h' =" in cell.__doc__
    assert cell.PAPER.split()[0] in cell.__doc__


@every_cell
def test_numpy_equals_torch(name):
    weights, x, state = weights_of(name), inputs(), state_of(name)
    by_numpy, numpy_state = unroll(CELLS[name], weights, x, state)
    by_torch, torch_state = unroll(CELLS[name], as_torch(weights), as_torch(x), as_torch(state))
    np.testing.assert_allclose(by_torch.numpy(), by_numpy, atol=1e-12)
    for one, other in zip(torch_state, numpy_state, strict=True):
        np.testing.assert_allclose(one.numpy(), other, atol=1e-12)


@every_cell
def test_fast_form_equals_repeated_step_in_outputs_state_and_gradients(name):
    cell = CELLS[name]
    results = []
    for form in (lambda *given: unroll(cell, *given), cell.fast):
        weights, x, state = as_torch(weights_of(name), True), as_torch(inputs(), True), as_torch(state_of(name), True)
        outputs, after = form(weights, x, state)
        # every output and every part of the final state has a weight of its own in the loss
        loss = (outputs * as_torch(np.random.default_rng(3).standard_normal((T, B, H)))).sum()
        loss = loss + sum((part * as_torch(state_of(name, seed=4)[k])).sum() for k, part in enumerate(after))
        loss.backward()
        results.append([outputs, *after, x.grad, *(part.grad for part in state), *(w.grad for w in weights.values())])
    for defined, quick in zip(*results, strict=True):
        torch.testing.assert_close(quick, defined, rtol=1e-9, atol=1e-11)


@every_cell
def test_gradients_of_the_fast_form_are_those_of_finite_differences(name):
    cell = CELLS[name]
    names = list(weights_of(name))

    def outputs(x, *values):
        weights, state = values[: len(names)], values[len(names) :]
        result, after = cell.fast(dict(zip(names, weights, strict=True)), x, cell.State(*state))
        return (result, *after)

    given = [as_torch(inputs()[:3], True), *as_torch(weights_of(name), True).values(), *as_torch(state_of(name), True)]
    assert torch.autograd.gradcheck(outputs, given)


@every_cell
@pytest.mark.parametrize("cut", range(1, T))
def test_one_run_equals_two_chunks_with_the_state_carried(name, cut):
    cell, weights, x = CELLS[name], weights_of(name), inputs()
    whole, end = unroll(cell, weights, x, state_of(name))
    first, middle = unroll(cell, weights, x[:cut], state_of(name))
    second, last = unroll(cell, weights, x[cut:], middle)
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)
    for one, other in zip(last, end, strict=True):
        np.testing.assert_array_equal(one, other)


@every_cell
@pytest.mark.parametrize("moment", range(T))
def test_causal(name, moment):
    cell, weights, x = CELLS[name], weights_of(name), inputs()
    before, _ = unroll(cell, weights, x, state_of(name))
    x = x.copy()
    x[moment] += 1
    after, _ = unroll(cell, weights, x, state_of(name))
    np.testing.assert_array_equal(after[:moment], before[:moment])
    assert (after[moment] != before[moment]).any()


@every_cell
def test_rows_are_independent(name):
    cell, weights, x = CELLS[name], weights_of(name), inputs()
    together, _ = unroll(cell, weights, x, state_of(name))
    for row in range(B):
        rows = slice(row, row + 1)
        alone, _ = unroll(cell, weights, x[:, rows], cell.State(*(part[rows] for part in state_of(name))))
        np.testing.assert_allclose(together[:, rows], alone, atol=1e-12)


@every_cell
def test_it_can_overfit_hello_hello(name):
    from charlm.config.settings import ModelSettings
    from charlm.model.network import fast, forward
    from charlm.model.parameters import initial
    from charlm.model.state import fresh_state

    settings = ModelSettings(cell=name, hidden_size=16, num_layers=1)
    text = "hello hello"
    symbols = sorted(set(text))
    ids = torch.tensor([symbols.index(c) for c in text])[:, None]
    weights = as_torch(initial(settings, len(symbols), np.random.default_rng(0)), True)
    optimizer = torch.optim.Adam(weights.values(), lr=0.03)
    for _ in range(150):
        logits, _ = forward(weights, settings, ids[:-1], fresh_state(settings, weights, 1), fast)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    # the second l and the space after o can be told apart only by what went before
    assert loss.item() < 0.05
