"""The cells with a matrix memory: what their equations promise, and that chunks of steps give what steps give.

Shape letters: T time, B rows, I input, H hidden, N heads, D units of a head.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.heads import by_head, head_count, size_problem
from charlm.cells.table import build_cell
from charlm.cells.unroll import project_inputs, run_steps, unroll
from charlm.engines import chunks

T, B, I, H, N, D = 40, 2, 5, 8, 2, 4  # noqa: E741
CELLS = {
    "matrix_lstm": build_cell("matrix_lstm", {"heads": N}),
    "matrix_lstm, plain": build_cell("matrix_lstm", {"heads": N, "plain": True}),
    "gated_delta": build_cell("gated_delta", {"heads": N}),
    "gated_delta, negative": build_cell("gated_delta", {"heads": N, "negative": True}),
}
every_cell = pytest.mark.parametrize("name", CELLS)


def weights_of(name, size=0.5):
    rng = np.random.default_rng(0)
    return {key: rng.standard_normal(shape) * size for key, shape in CELLS[name].shapes(I, H).items()}


def inputs(steps=T):
    return np.random.default_rng(2).standard_normal((steps, B, I))


def state_of(name):
    """A state that can occur: the one after some steps."""
    fresh = CELLS[name].fresh_state(B, I, H, np.zeros(()))
    return unroll(CELLS[name], weights_of(name), inputs(), fresh)[2]


def outcome(name, run, dtype=torch.float64):
    """Outputs, the state after them, and all gradients of a loss with a factor of its own for each of their numbers."""
    given = [inputs(), *weights_of(name).values(), *state_of(name)]
    x, *others = (torch.tensor(each, dtype=dtype, requires_grad=True) for each in given)
    names = list(weights_of(name))
    weights, state = dict(zip(names, others, strict=False)), CELLS[name].STATE(*others[len(names) :])
    outputs, after = run(CELLS[name], weights, x, state)
    found = [outputs, *after]
    rng = np.random.default_rng(3)
    loss = sum((each * torch.tensor(rng.standard_normal(each.shape), dtype=dtype)).sum() for each in found)
    return found + list(torch.autograd.grad(loss, [x, *others], allow_unused=True))


@pytest.mark.parametrize("size", [1, 7, 16, T])
@every_cell
def test_chunks_of_any_length_give_what_steps_give_with_gradients(name, size):
    by_steps = outcome(name, lambda *given: unroll(*given)[::2])
    by_chunks = outcome(name, lambda *given: chunks.run(*given, size=size))
    for step, chunk in zip(by_steps, by_chunks, strict=True):
        torch.testing.assert_close(chunk, step, rtol=1e-9, atol=1e-10)


@every_cell
def test_chunks_in_numpy_give_what_steps_give(name):
    given = CELLS[name], weights_of(name), inputs(), state_of(name)
    (outputs, after), (expected, _, state) = chunks.run(*given), unroll(*given)
    for found, wanted in zip((outputs, *after), (expected, *state), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-11)


@every_cell
def test_in_float32_chunks_lose_no_more_than_steps(name):
    """A window as long as in training, with exponents far from zero: the weights are larger."""
    cell, x = CELLS[name], inputs(256).astype(np.float32)
    weights = {key: value.astype(np.float32) for key, value in weights_of(name, 1.5).items()}
    exact = unroll(cell, {k: v.astype(np.float64) for k, v in weights.items()}, x, state_in(cell, np.float64))[0]
    by_steps = unroll(cell, weights, x, state_in(cell, np.float32))[0]
    by_chunks = chunks.run(cell, weights, x, state_in(cell, np.float32))[0]
    assert by_chunks.dtype == np.float32
    lost = [float(np.median(abs(found - exact))) for found in (by_steps, by_chunks)]
    assert lost[1] < 3 * lost[0] + 1e-6


def state_in(cell, dtype):
    return cell.fresh_state(B, I, H, np.zeros((), dtype))


@pytest.mark.parametrize("by", [-30.0, -3.0, 3.0])
def test_the_stabiliser_of_a_matrix_lstm_scales_the_memory(by):
    """m + k with S and n times exp(-k) is the same state. (The 1e-6 in the divisor is the difference.)"""
    name = "matrix_lstm"
    cell, weights, x, state = CELLS[name], weights_of(name), inputs(6), state_of(name)
    smaller = np.exp(-by)
    same = cell.STATE(state.S * smaller, state.n * smaller, state.m + by)
    np.testing.assert_allclose(unroll(cell, weights, x, same)[0], unroll(cell, weights, x, state)[0], rtol=1e-3)


def test_no_input_overflows_a_matrix_lstm():
    """Gates of 300: their exponential has no place in float32, nor in float64 after three steps."""
    cell = CELLS["matrix_lstm"]
    weights = {key: (value * 100).astype(np.float32) for key, value in weights_of("matrix_lstm").items()}
    x = inputs().astype(np.float32)
    for run in (lambda *given: unroll(*given)[::2], chunks.run):
        outputs, after = run(cell, weights, x, state_in(cell, np.float32))
        assert all(np.isfinite(each).all() for each in (outputs, *after))
        given = {key: torch.tensor(value, requires_grad=True) for key, value in weights.items()}
        outputs, _ = run(cell, given, torch.tensor(x), cell.fresh_state(B, I, H, torch.zeros(())))
        assert all(each.isfinite().all() for each in torch.autograd.grad(outputs.sum(), list(given.values())))


def written(beta, g, key, value, state):
    """The memory (N, D, D) of a gated_delta after one step with these numbers for every head."""
    return g * state + key[..., None] * (beta * (value - (g * state * key[..., None]).sum(1)))[:, None, :]


@pytest.mark.parametrize("name", ["gated_delta", "gated_delta, negative"])
def test_the_memory_follows_the_delta_rule(name):
    cell, weights, state = CELLS[name], weights_of(name), state_of(name)
    projected = project_inputs(cell, weights, inputs(1))[0]
    _, after, gates = cell.step(cell.step_weights(weights), projected, state)
    mixed = mixed_of(weights, np.concatenate([state.past, projected[:, : 3 * H]], axis=1))
    k, v = (by_head(each, N) for each in np.split(mixed, 3, axis=-1)[1:])
    k = k / np.sqrt((k**2).sum(-1, keepdims=True) + 1e-6)
    largest = 2 if cell.negative else 1
    for row in range(B):
        beta, g = (by_head(gates[gate], N)[row, :, :1] for gate in ("replace", "keep"))
        expected = written(largest * beta, g[..., None], k[row], v[row], state.S[row].reshape(N, D, D))
        np.testing.assert_allclose(after.S[row].reshape(N, D, D), expected, atol=1e-12)


def set_gates(weights, beta, log_g):
    """The weights with these numbers for b and ln g, whatever the input is (an input of ones gives b)."""
    weights = {key: value.copy() for key, value in weights.items()}
    weights["weight_ih"][4 * H :] = 0
    weights["weight_ih"][4 * H : 4 * H + N] = beta
    weights["rate"][:], weights["bias"][:] = 0, log_g
    return weights


def test_a_gated_delta_that_writes_and_forgets_nothing_keeps_its_memory():
    weights = set_gates(weights_of("gated_delta"), -200.0, -800.0)  # b = 0 and g = 1
    state = state_of("gated_delta")
    for run in (lambda *given: unroll(*given)[::2], chunks.run):
        _, after = run(CELLS["gated_delta"], weights, np.ones((T, B, I)), state)
        np.testing.assert_array_equal(after.S, state.S)


def test_what_was_written_under_a_key_is_read_with_it():
    """With b = 1: whatever was held under the key before, reading it gives the value, as heads' outputs are scaled."""
    cell, weights = CELLS["gated_delta"], set_gates(weights_of("gated_delta"), 200.0, -800.0)
    weights["weight_ih"][:H] = weights["weight_ih"][H : 2 * H]  # the query is the key
    conv = weights["conv"].reshape(4, 3, H)
    conv[:, 0] = conv[:, 1]
    weights["weight_out"], weights["scale"] = np.eye(H), np.zeros(H)
    state = state_of("gated_delta")
    past = state.past.reshape(B, 3, 3, H)
    past[:, :, 0] = past[:, :, 1]
    ready, x = cell.step_weights(weights), np.ones((1, B, I))
    projected = project_inputs(cell, weights, x)[0]
    output, after, gates = cell.step(ready, projected, state)
    value = by_head(mixed_of(weights, np.concatenate([state.past, projected[:, : 3 * H]], axis=1))[:, 2 * H :], N)
    value = value / D**0.5  # as queries are
    value = value / np.sqrt((value**2).mean(-1, keepdims=True) + 1e-5)
    read = by_head(output / (projected[:, 3 * H : 4 * H] * gates["output"]), N)
    np.testing.assert_allclose(read, value, rtol=1e-3, atol=1e-5)
    assert (after.S != state.S).any()


def mixed_of(weights, window):
    """q, k and v (B, 3H) before they are scaled, of the last four inputs (B, 12H)."""
    mixed = (window.reshape(-1, 4, 3 * H) * weights["conv"].reshape(4, 3 * H)).sum(1)
    return mixed / (1 + np.exp(-mixed))


def test_with_negative_a_memory_becomes_its_opposite_and_without_it_cannot():
    """Under one key, with b = 2 and values of zero, what is held changes its sign at each step: it counts modulo 2."""
    for name, factor in (("gated_delta, negative", -1.0), ("gated_delta", 0.0)):
        cell, weights = CELLS[name], set_gates(weights_of(name), 200.0, -800.0)
        weights["weight_ih"][2 * H : 3 * H] = 0
        fresh = cell.fresh_state(B, I, H, np.zeros(()))
        projected = project_inputs(cell, weights, np.ones((6, B, I)))
        start = fresh._replace(S=np.ones_like(fresh.S))
        states = [state for _, state, _ in run_steps(cell, cell.step_weights(weights), projected, start, None)]
        key = by_head(mixed_of(weights, np.tile(projected[0, :1, : 3 * H], 4))[:, H : 2 * H], N)[0]
        key = key / np.sqrt((key**2).sum(-1, keepdims=True) + 1e-6)
        held = [np.einsum("nk,nkv->nv", key, state.S[0].reshape(N, D, D)) for state in states]
        np.testing.assert_allclose(held[5], factor * held[4], atol=1e-4)
        assert abs(held[2]).max() > 0.1 or not factor


def test_a_key_has_length_1():
    """S = b k v^T after the first step, so that its norm by head is b |v|."""
    cell, weights = CELLS["gated_delta"], weights_of("gated_delta", 3.0)
    fresh = cell.fresh_state(B, I, H, np.zeros(()))
    projected = project_inputs(cell, weights, inputs(1))[0]
    _, after, gates = cell.step(cell.step_weights(weights), projected, fresh)
    beta = by_head(gates["replace"], N)[..., 0]
    window = np.concatenate([fresh.past, projected[:, : 3 * H]], axis=1)
    value = by_head(mixed_of(weights, window)[:, 2 * H :], N)
    norms = np.linalg.norm(after.S.reshape(B, N, D * D), axis=-1)
    np.testing.assert_allclose(norms, beta * np.linalg.norm(value, axis=-1), rtol=1e-3)


@pytest.mark.parametrize(
    ("hidden_size", "heads"), [(4, 1), (32, 1), (48, 2), (64, 2), (72, 3), (256, 8), (100, 4), (65, 5), (82, 2)]
)
def test_the_heads_of_a_width(hidden_size, heads):
    assert size_problem(hidden_size, 0) is None
    assert head_count(hidden_size, 0) == heads
    assert hidden_size % head_count(hidden_size, 0) == 0


def test_widths_that_have_no_heads_are_refused_with_one_that_has():
    assert "68 can" in size_problem(67, 0)
    assert "multiple of the 3 heads, such as 63" in size_problem(64, 3)
    assert size_problem(64, 4) is None
    fits = [size for size in range(33, 1025) if size_problem(size, 0) is None]
    assert len(fits) > 600


def test_a_state_has_the_declared_widths_and_a_row_can_be_reset():
    cell = build_cell("matrix_lstm", {})
    assert cell.state_widths(10, 256) == {"S": 256 * 32, "n": 256, "m": 8}
    assert build_cell("gated_delta", {}).state_widths(10, 256)["past"] == 9 * 256
