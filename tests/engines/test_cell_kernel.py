"""The kernels derived from cells give the outputs, states, memories and gradients of the definitions."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.cells.symbols import Symbols
from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll
from charlm.engines import cell_kernel, derived_kernel
from charlm.engines.derived_kernel import dtype_for, kernel_for
from charlm.engines.window_arrays import run_on_team
from charlm.graphs.derived import table_forms
from charlm.graphs.stages import plan_of_cell
from charlm.kernels import library, threads

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

DTYPES = [torch.float32] + [torch.bfloat16] * hasattr(library(), "cell_pack_bf16")
CLOSE = {torch.float32: 2e-5, torch.bfloat16: 5e-2}  # of the largest number in an array
# A candidate that bfloat16 rounds to the other side of 0, where min_gru's positive part bends, has another gradient.
BENT = 0.3
# The terms of a sum may cancel. In so small an array no other number shows how large they were, which bfloat16 rounds.
FEW = 16
FORMS = list(table_forms())
ALL = slice(None)
every_form = pytest.mark.parametrize(("cell", "below"), FORMS, ids=lambda each: str(each))


def new_weights(cell, input_size, hidden_size, below=False):
    """Weights without zeros, in the size that learning gives them."""
    rng = np.random.default_rng(1)
    values = cell.initial_weights(rng, input_size, hidden_size, below)
    noise = {key: 0.1 * rng.standard_normal(value.shape).astype(np.float32) for key, value in values.items()}
    return {key: torch.from_numpy(value + noise[key]).requires_grad_() for key, value in values.items()}


def new_state(cell, rows, hidden_size):
    """A state that can occur: clocks stand where they can stand."""
    fresh = cell.STATE(*(torch.zeros(rows, hidden_size) for _ in cell.STATE._fields))
    weights = {name: weight.detach() for name, weight in new_weights(cell, 3, hidden_size).items()}
    x = torch.randn(5, rows, 3, generator=torch.Generator().manual_seed(8))
    _, _, state = unroll(cell, weights, x, fresh)
    return cell.STATE(*(part.detach().requires_grad_() for part in state))


def results(weights, x, state, below, run):
    """Outputs, memories, the state after them, and the gradients of a weighted sum of all."""
    outputs, memories, after = run(weights, x, state, below)
    made = [outputs.float(), *after]
    if memories is not None:
        made.append(memories if isinstance(memories, torch.Tensor) else torch.stack(tuple(memories)))
    factors = torch.Generator().manual_seed(5)
    total = sum((part * torch.randn(part.shape, generator=factors)).sum() for part in made)
    read = x.table if isinstance(x, Symbols) else x
    wanted = [*weights.values(), read, *state, *([] if below is None else [below])]
    found = torch.autograd.grad(total, wanted, allow_unused=True)
    return [part.detach() for part in made] + list(found)


def compare(cell, below, dtype, T, B, E, H, symbols):
    weights, state = new_weights(cell, E, H, below), new_state(cell, B, H)
    torch.manual_seed(2)
    memories = torch.randn(T, B, H, requires_grad=True) if below else None
    if symbols:
        x = Symbols(torch.randn(7, E, requires_grad=True), torch.randint(7, (T, B)))
    else:
        x = torch.randn(T, B, E, requires_grad=True)

    def kernel(*given):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            found = kernel_for(cell, below, given[2][0])
            assert found is not None
            assert found.dtype == dtype
            return cell_kernel.run(found, cell, *given)

    mine = results(weights, x, state, memories, kernel)
    theirs = results(weights, x, state, memories, lambda *given: unroll(cell, *given))
    most = max(float(each.detach().abs().max()) for each in theirs if each is not None)
    outputs = len(theirs) - len(weights) - 1 - len(state) - below
    for number, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        if one is None or other is None:  # a gradient that is not there, or zero
            assert all(each is None or not each.any() for each in (one, other))
            continue
        assert one.shape == other.shape
        least = most / 4 if dtype == torch.bfloat16 and other.numel() < FEW else 1e-2
        bent = dtype == torch.bfloat16 and getattr(cell, "positive", False) and number >= outputs
        close = BENT if bent else CLOSE[dtype]
        assert float((one - other).detach().abs().max()) <= close * max(least, float(other.detach().abs().max()))


@every_form
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_it_equals_the_definition_of_every_form(cell, below, dtype):
    compare(cell, below, dtype, T=6, B=9, E=24, H=64, symbols=False)
    compare(cell, below, dtype, T=4, B=5, E=24, H=100, symbols=True)


@pytest.mark.parametrize("name", ["lstm", "gru", "mut1"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@settings(max_examples=12, deadline=None)
@given(
    T=st.integers(1, 9),
    B=st.integers(1, 27),
    E=st.integers(1, 40),
    H=st.sampled_from([1, 5, 63, 64, 65, 128]),
    symbols=st.booleans(),
)
def test_it_equals_the_definition_at_any_size(name, dtype, T, B, E, H, symbols):
    compare(build_cell(name, {}), False, dtype, T, B, E, H, symbols)


@every_form
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_outputs_depend_neither_on_threads_nor_on_gradients_nor_on_other_rows(cell, below, dtype):
    weights, state, x = new_weights(cell, 16, 64, below), new_state(cell, 11, 64), torch.randn(5, 11, 16)
    memories = torch.randn(5, 11, 64) if below else None
    before = torch.get_num_threads()
    runs = []
    try:
        for count, gradients, rows in ((1, True, ALL), (2, True, ALL), (3, False, ALL), (1, False, slice(4, 5))):
            torch.set_num_threads(count)
            some = cell.STATE(*(part[rows] for part in state)), None if memories is None else memories[:, rows]
            with torch.set_grad_enabled(gradients), torch.autocast("cpu", enabled=dtype == torch.bfloat16):
                kernel = kernel_for(cell, below, state[0])
                outputs, _, after = cell_kernel.run(kernel, cell, weights, x[:, rows], *some)
            runs.append([outputs.detach(), *(part.detach() for part in after)])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for run in runs[1:3] for one, other in zip(runs[0], run, strict=True))
    assert torch.equal(runs[3][0], runs[0][0][:, 4:5])


@every_form
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_team_that_divides_units_gives_the_bits_of_one_thread(cell, below, dtype, monkeypatch):
    weights, state = new_weights(cell, 16, 100, below), new_state(cell, 2, 100)
    torch.manual_seed(2)
    x = torch.randn(5, 2, 16, requires_grad=True)
    memories = torch.randn(5, 2, 100, requires_grad=True) if below else None
    worked = []
    monkeypatch.setattr(threads, "PAIRS_FOR_A_THREAD", 1)
    monkeypatch.setattr(threads.TeamSize, "worked", lambda _, size, contended: worked.append(size))

    def run(size):
        def on_team(units, window, plan, team, _):
            return run_on_team(units, window, plan, team, size)

        def kernel(*given):
            with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
                return cell_kernel.run(kernel_for(cell, below, given[2][0]), cell, *given)

        monkeypatch.setattr(derived_kernel, "run_on_team", on_team)
        return results(weights, x, state, memories, kernel)

    alone = run(1)
    assert not worked
    for one, other in zip(alone, run(3), strict=True):
        assert (one is None and other is None) or torch.equal(one, other)
    with_products = plan_of_cell(cell, below).readings  # a step without any is too short to be divided
    assert worked == ([3, 3] if with_products else [])  # forward and backward


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_nan_is_propagated(dtype):
    cell = build_cell("lstm", {})
    weights = {name: weight.detach().clone() for name, weight in new_weights(cell, 16, 64).items()}
    weights["weight_hh"][0, 0] = float("nan")
    state = cell.STATE(torch.ones(2, 64), torch.zeros(2, 64))
    with torch.autocast("cpu", enabled=dtype == torch.bfloat16):
        kernel = kernel_for(cell, False, state.h)
        outputs, _, after = cell_kernel.run(kernel, cell, weights, torch.randn(3, 2, 16), state)
    assert torch.isnan(outputs.float()).any()
    assert torch.isnan(after.c).any()


def test_saturated_gates_equal_the_definition_s():
    cell = build_cell("lstm", {})
    weights = {name: torch.zeros_like(weight) for name, weight in new_weights(cell, 1, 64).items()}
    kernel = kernel_for(cell, False, torch.zeros(1))
    for size in (1e-4, 1.0, 30.0, 500.0, 1e30):
        for sign in (1, -1):
            weights["bias_ih"][:] = sign * size
            state = cell.STATE(torch.zeros(1, 64), torch.full((1, 64), 0.5))
            outputs, _, after = cell_kernel.run(kernel, cell, weights, torch.zeros(1, 1, 1), state)
            _, _, expected = unroll(cell, weights, torch.zeros(1, 1, 1), state)
            torch.testing.assert_close(after.c, expected.c, rtol=1e-6, atol=1e-7)
            torch.testing.assert_close(outputs[0], expected.h, rtol=1e-6, atol=1e-7)


def test_the_dtypes_that_it_does_not_take():
    assert dtype_for(torch.zeros(1, dtype=torch.float64)) is None
    with torch.autocast("cpu", torch.float16):
        assert dtype_for(torch.zeros(1)) is None
        assert kernel_for(build_cell("lstm", {}), False, torch.zeros(1)) is None


def test_a_decay_that_is_nearly_1_keeps_its_digits():
    """1 - a^2 of rg_lru is then a difference of nearly equal numbers, but for how it is written."""
    cell, rng = build_cell("rg_lru", {}), np.random.default_rng(0)
    values = cell.initial_weights(rng, 64, 64) | {"decay": np.full(64, -11, np.float32)}
    x = rng.standard_normal((20, 3, 64))
    kernel = kernel_for(cell, False, torch.zeros(1))
    found = []
    for dtype, run in ((torch.float64, unroll), (torch.float32, partial(cell_kernel.run, kernel))):
        weights = {name: torch.tensor(value, dtype=dtype) for name, value in values.items()}
        state = cell.STATE(*(torch.ones(3, 64, dtype=dtype) for _ in "hb"))
        found.append(run(cell, weights, torch.tensor(x, dtype=dtype), state)[0].double())
    torch.testing.assert_close(found[1], found[0], rtol=0, atol=2e-6)


@pytest.mark.parametrize("shape", [(5, 1, 4), (1, 3, 4), (1, 1, 4), (5, 3, 4), (5, 3, 1)])
def test_rows_are_found_whatever_the_strides_of_axes_of_one_are(shape):
    """torch calls such a tensor contiguous, so `contiguous` changes nothing."""
    T, B, H = shape
    plain = torch.arange(float(T * B * H)).reshape(shape)
    strides = [999 if size == 1 else stride for size, stride in zip(shape, plain.stride(), strict=True)]
    for rows in (plain.as_strided(shape, strides), plain.mT.contiguous().mT):
        found = cell_kernel.in_rows(rows)
        flat = torch.as_strided(found, (T * B, H), (cell_kernel.row_distance(found), 1))
        torch.testing.assert_close(flat, plain.reshape(-1, H))
