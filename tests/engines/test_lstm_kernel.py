"""The compiled LSTM gives what the definition gives, in outputs, states and gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.cells.symbols import Symbols
from charlm.cells.table import build
from charlm.cells.unroll import unroll
from charlm.engines import lstm_kernel
from charlm.kernels import library

if library() is None:
    pytest.skip("the kernels are not compiled here", allow_module_level=True)

KINDS = [torch.float32] + [torch.bfloat16] * hasattr(library(), "lstm_forward_bf16")
CLOSE = {torch.float32: 1e-5, torch.bfloat16: 3e-2}  # of the largest number in an array


def a_layer(name: str, input_size: int, hidden_size: int) -> tuple:
    cell = build(name, {})
    values = cell.initial(np.random.default_rng(1), input_size, hidden_size)
    return cell, {key: torch.from_numpy(value).requires_grad_() for key, value in values.items()}


def all_of(cell, weights, x, state, run) -> list[torch.Tensor]:
    """Outputs, the state after them, and the gradients by weights, inputs and state of a sum with given factors."""
    outputs, after = run(weights, x, state)
    made = [outputs.float(), *after]
    factors = torch.Generator().manual_seed(5)
    total = sum((part * torch.randn(part.shape, generator=factors)).sum() for part in made)
    read = x.table if isinstance(x, Symbols) else x
    return [part.detach() for part in made] + list(torch.autograd.grad(total, [*weights.values(), read, *state]))


def the_same(mine: list[torch.Tensor], theirs: list[torch.Tensor], close: float) -> None:
    for one, other in zip(mine, theirs, strict=True):
        assert one.shape == other.shape
        assert float((one - other).abs().max()) <= close * max(1e-3, float(other.abs().max()))


def compare(name: str, kind: torch.dtype, T: int, B: int, E: int, H: int, symbols: bool) -> None:
    cell, weights = a_layer(name, E, H)
    torch.manual_seed(2)
    state = cell.STATE(*(torch.randn(B, H, requires_grad=True) for _ in cell.STATE._fields))
    if symbols:
        x = Symbols(torch.randn(7, E, requires_grad=True), torch.randint(7, (T, B)))
    else:
        x = torch.randn(T, B, E, requires_grad=True)

    def kernel(weights, x, state):
        with torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.bfloat16):
            assert lstm_kernel.dtype_for(state[0]) == kind
            return lstm_kernel.run(cell, weights, x, state)

    def definition(weights, x, state):
        outputs, _, after = unroll(cell, weights, x, state)
        return outputs, after

    the_same(all_of(cell, weights, x, state, kernel), all_of(cell, weights, x, state, definition), CLOSE[kind])


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", ["lstm", "lstm97", "cifg"])
def test_it_is_the_definition_for_every_cell_that_rides_on_it(name: str, kind: torch.dtype) -> None:
    compare(name, kind, T=6, B=9, E=24, H=64, symbols=False)
    compare(name, kind, T=6, B=9, E=24, H=100, symbols=True)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@settings(max_examples=25, deadline=None)
@given(
    T=st.integers(1, 9),
    B=st.integers(1, 27),
    E=st.integers(1, 40),
    H=st.sampled_from([1, 5, 63, 64, 65, 128]),
    symbols=st.booleans(),
)
def test_sizes_of_any_kind(kind: torch.dtype, T: int, B: int, E: int, H: int, symbols: bool) -> None:
    compare("lstm", kind, T, B, E, H, symbols)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_threads_and_wanted_gradients_change_no_bit(kind: torch.dtype) -> None:
    cell, weights = a_layer("lstm", 16, 64)
    x = torch.randn(5, 11, 16)
    state = cell.STATE(torch.zeros(11, 64), torch.zeros(11, 64))
    before = torch.get_num_threads()
    runs = []
    try:
        for threads, gradients in ((1, True), (2, True), (3, False)):
            torch.set_num_threads(threads)
            with torch.set_grad_enabled(gradients), torch.autocast("cpu", enabled=kind == torch.bfloat16):
                outputs, after = lstm_kernel.run(cell, weights, x, state)
            runs.append([outputs.detach(), *(part.detach() for part in after)])
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for run in runs[1:] for one, other in zip(runs[0], run, strict=True))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_is_not_a_number_is_not_hidden(kind: torch.dtype) -> None:
    cell, weights = a_layer("lstm", 16, 64)
    weights = {name: weight.detach().clone() for name, weight in weights.items()}
    weights["weight_hh"][0, 0] = float("nan")
    state = cell.STATE(torch.ones(2, 64), torch.zeros(2, 64))
    with torch.autocast("cpu", enabled=kind == torch.bfloat16):
        outputs, after = lstm_kernel.run(cell, weights, torch.randn(3, 2, 16), state)
    assert torch.isnan(outputs.float()).any()
    assert torch.isnan(after.c).any()


def test_the_extremes_of_gates_are_what_they_should_be() -> None:
    cell, weights = a_layer("lstm", 1, 64)
    weights = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    for size in (1e-4, 1.0, 30.0, 500.0, 1e30):
        for sign in (1, -1):
            weights["bias_ih"][:] = sign * size
            state = cell.STATE(torch.zeros(1, 64), torch.full((1, 64), 0.5))
            outputs, after = lstm_kernel.run(cell, weights, torch.zeros(1, 1, 1), state)
            _, _, expected = unroll(cell, weights, torch.zeros(1, 1, 1), state)
            torch.testing.assert_close(after.c, expected.c, rtol=1e-6, atol=1e-7)
            torch.testing.assert_close(outputs[0], expected.h, rtol=1e-6, atol=1e-7)


def test_what_the_kernel_cannot_read_goes_elsewhere() -> None:
    assert lstm_kernel.dtype_for(torch.zeros(1, dtype=torch.float64)) is None
    with torch.autocast("cpu", torch.float16):
        assert lstm_kernel.dtype_for(torch.zeros(1)) is None
