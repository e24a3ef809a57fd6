"""The compiled LSTM gives the outputs, states and gradients of the definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.cells.symbols import Symbols
from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll
from charlm.engines import lstm_kernel
from charlm.kernels import library

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

DTYPES = [torch.float32] + [torch.bfloat16] * hasattr(library(), "lstm_forward_bf16")
CLOSE = {torch.float32: 1e-5, torch.bfloat16: 3e-2}  # of the largest number in an array


def new_layer(name: str, input_size: int, hidden_size: int) -> tuple:
    cell = build_cell(name, {})
    values = cell.initial_weights(np.random.default_rng(1), input_size, hidden_size)
    return cell, {key: torch.from_numpy(value).requires_grad_() for key, value in values.items()}


def results(weights, x, state, run) -> list[torch.Tensor]:
    """Outputs, the state after them, and the gradients of a weighted sum of both."""
    outputs, after = run(weights, x, state)
    made = [outputs.float(), *after]
    factors = torch.Generator().manual_seed(5)
    total = sum((part * torch.randn(part.shape, generator=factors)).sum() for part in made)
    read = x.table if isinstance(x, Symbols) else x
    return [part.detach() for part in made] + list(torch.autograd.grad(total, [*weights.values(), read, *state]))


def assert_close(mine: list[torch.Tensor], theirs: list[torch.Tensor], close: float) -> None:
    for one, other in zip(mine, theirs, strict=True):
        assert one.shape == other.shape
        assert float((one - other).abs().max()) <= close * max(1e-3, float(other.abs().max()))


def compare(name: str, dtype: torch.dtype, T: int, B: int, E: int, H: int, symbols: bool) -> None:
    cell, weights = new_layer(name, E, H)
    torch.manual_seed(2)
    state = cell.STATE(*(torch.randn(B, H, requires_grad=True) for _ in cell.STATE._fields))
    if symbols:
        x = Symbols(torch.randn(7, E, requires_grad=True), torch.randint(7, (T, B)))
    else:
        x = torch.randn(T, B, E, requires_grad=True)

    def kernel(weights, x, state):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            assert lstm_kernel.dtype_for(state[0]) == dtype
            return lstm_kernel.run(cell, weights, x, state)

    def definition(weights, x, state):
        outputs, _, after = unroll(cell, weights, x, state)
        return outputs, after

    assert_close(results(weights, x, state, kernel), results(weights, x, state, definition), CLOSE[dtype])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ["lstm", "lstm97", "cifg"])
def test_it_equals_the_definition_of_every_cell_that_it_computes(name: str, dtype: torch.dtype) -> None:
    compare(name, dtype, T=6, B=9, E=24, H=64, symbols=False)
    compare(name, dtype, T=6, B=9, E=24, H=100, symbols=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@settings(max_examples=25, deadline=None)
@given(
    T=st.integers(1, 9),
    B=st.integers(1, 27),
    E=st.integers(1, 40),
    H=st.sampled_from([1, 5, 63, 64, 65, 128]),
    symbols=st.booleans(),
)
def test_it_equals_the_definition_at_any_size(
    dtype: torch.dtype, T: int, B: int, E: int, H: int, symbols: bool
) -> None:
    compare("lstm", dtype, T, B, E, H, symbols)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_outputs_depend_neither_on_threads_nor_on_gradients(dtype: torch.dtype) -> None:
    cell, weights = new_layer("lstm", 16, 64)
    x = torch.randn(5, 11, 16)
    state = cell.STATE(torch.zeros(11, 64), torch.zeros(11, 64))
    before = torch.get_num_threads()
    runs = []
    try:
        for threads, gradients in ((1, True), (2, True), (3, False)):
            torch.set_num_threads(threads)
            with torch.set_grad_enabled(gradients), torch.autocast("cpu", enabled=dtype == torch.bfloat16):
                outputs, after = lstm_kernel.run(cell, weights, x, state)
            runs.append([outputs.detach(), *(part.detach() for part in after)])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for run in runs[1:] for one, other in zip(runs[0], run, strict=True))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_nan_is_propagated(dtype: torch.dtype) -> None:
    cell, weights = new_layer("lstm", 16, 64)
    weights = {name: weight.detach().clone() for name, weight in weights.items()}
    weights["weight_hh"][0, 0] = float("nan")
    state = cell.STATE(torch.ones(2, 64), torch.zeros(2, 64))
    with torch.autocast("cpu", enabled=dtype == torch.bfloat16):
        outputs, after = lstm_kernel.run(cell, weights, torch.randn(3, 2, 16), state)
    assert torch.isnan(outputs.float()).any()
    assert torch.isnan(after.c).any()


def test_saturated_gates_equal_the_definition_s() -> None:
    cell, weights = new_layer("lstm", 1, 64)
    weights = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    for size in (1e-4, 1.0, 30.0, 500.0, 1e30):
        for sign in (1, -1):
            weights["bias_ih"][:] = sign * size
            state = cell.STATE(torch.zeros(1, 64), torch.full((1, 64), 0.5))
            outputs, after = lstm_kernel.run(cell, weights, torch.zeros(1, 1, 1), state)
            _, _, expected = unroll(cell, weights, torch.zeros(1, 1, 1), state)
            torch.testing.assert_close(after.c, expected.c, rtol=1e-6, atol=1e-7)
            torch.testing.assert_close(outputs[0], expected.h, rtol=1e-6, atol=1e-7)


def test_the_dtypes_that_it_does_not_take() -> None:
    assert lstm_kernel.dtype_for(torch.zeros(1, dtype=torch.float64)) is None
    with torch.autocast("cpu", torch.float16):
        assert lstm_kernel.dtype_for(torch.zeros(1)) is None
