"""Cells that equal another cell for some choice of weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll

T, B, I, H = 9, 3, 5, 4  # noqa: E741


RNN, LSTM, CIFG, LSTM97, PEEPHOLE = (build_cell(name, {}) for name in ("rnn", "lstm", "cifg", "lstm97", "peephole"))


def random_weights(cell, seed=0, below=False):
    rng = np.random.default_rng(seed)
    return {key: rng.standard_normal(shape) * 0.5 for key, shape in cell.shapes(I, H, below).items()}


def run(cell, weights, below=None):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((T, B, I))
    state = cell.STATE(*(rng.uniform(-1, 1, (B, H)) for _ in "hc"[: len(cell.STATE._fields)]))
    outputs, _, after = unroll(cell, weights, x, state, below)
    return np.stack([*outputs, *after])


@pytest.mark.parametrize("cell", [CIFG, LSTM97], ids=["cifg", "lstm97"])
def test_it_equals_the_lstm_with_its_kernel_weights(cell):
    """cifg: W_i = -W_f, b_i = -b_f. lstm97: the forget gate is always open."""
    weights = random_weights(cell)
    same = cell.kernel_weights({key: torch.tensor(value) for key, value in weights.items()})
    ours = run(cell, weights)
    theirs = run(LSTM, {key: value.numpy() for key, value in same.items()})
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def as_lstm_weights(weights, sums=4 * H):
    same = {"weight_ih": weights["weight_ih"][:sums], "weight_hh": weights["weight_hh"]}
    return same | {"bias_ih": weights["bias"][:sums], "bias_hh": np.zeros(sums)}


def test_a_peephole_of_zeros_makes_an_lstm():
    weights = random_weights(PEEPHOLE) | {"peephole": np.zeros(3 * H)}
    np.testing.assert_allclose(run(PEEPHOLE, weights), run(LSTM, as_lstm_weights(weights)), atol=1e-12)


def test_a_peephole_that_is_not_zero_makes_a_difference():
    weights = random_weights(PEEPHOLE)
    closed = weights | {"peephole": np.zeros(3 * H)}
    assert abs(run(PEEPHOLE, weights) - run(PEEPHOLE, closed)).max() > 1e-3


def test_a_depth_gate_that_is_closed_makes_an_lstm_and_an_open_one_does_not():
    cell = build_cell("depth_gated", {})
    memories = np.random.default_rng(5).standard_normal((T, B, H))
    weights = random_weights(cell, below=True)
    lstm = run(LSTM, as_lstm_weights(weights))
    assert abs(run(cell, weights, memories) - lstm).max() > 1e-2
    weights["bias"] = np.concatenate([weights["bias"][: 4 * H], np.full(H, -60.0)])
    np.testing.assert_allclose(run(cell, weights, memories), lstm, atol=1e-12)


def test_the_lowest_depth_gated_layer_is_an_lstm():
    cell = build_cell("depth_gated", {})
    weights = random_weights(cell)
    np.testing.assert_allclose(run(cell, weights), run(LSTM, as_lstm_weights(weights)), atol=1e-12)


def test_a_clockwork_with_one_group_is_an_rnn():
    cell = build_cell("clockwork", {"groups": 1})
    weights = random_weights(cell)
    same = {"weight_ih": weights["weight_ih"], "weight_hh": weights["weight_hh_0"]}
    same |= {"bias_ih": weights["bias"], "bias_hh": np.zeros(H)}
    rng = np.random.default_rng(1)
    x, h = rng.standard_normal((T, B, I)), rng.uniform(-1, 1, (B, H))
    ours, _, _ = unroll(cell, weights, x, cell.STATE(h, np.zeros((B, H))))
    theirs, _, _ = unroll(RNN, same, x, RNN.STATE(h))
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_clockwork_units_change_only_when_their_clock_is_due():
    cell = build_cell("clockwork", {"groups": 4})
    fresh = cell.STATE(np.zeros((B, 8)), np.zeros((B, 8)))
    rng = np.random.default_rng(0)
    weights = {key: rng.standard_normal(shape) for key, shape in cell.shapes(I, 8).items()}
    outputs, _, _ = unroll(cell, weights, rng.standard_normal((33, B, I)), fresh)
    changed = (outputs[1:] != outputs[:-1]).any(1)  # at t = 1 ... 32
    for unit in range(8):
        period = 2 ** (unit // 2)
        assert changed[:, unit].tolist() == [t % period == 0 for t in range(1, 33)]


def test_a_clockwork_group_reads_only_groups_at_least_as_slow():
    cell = build_cell("clockwork", {"groups": 2})
    weights = cell.step_weights(random_weights(cell))["weight_hh"]
    assert (weights[: H // 2] != 0).all()
    assert (weights[H // 2 :, : H // 2] == 0).all()
    assert (weights[H // 2 :, H // 2 :] != 0).all()


def test_each_dimension_of_a_grid_is_an_lstm():
    """Kalchbrenner et al.: time and depth have an LSTM transform each, over the same two hidden vectors."""
    cell = build_cell("grid", {})
    weights = random_weights(cell, below=True)
    rng = np.random.default_rng(1)
    x, below = rng.standard_normal((1, B, I)), rng.standard_normal((1, B, H))
    h, c = rng.standard_normal((B, H)), rng.standard_normal((B, H))
    outputs, _, after = unroll(cell, weights, x, cell.STATE(h, c, np.zeros((B, H))), below)
    rows = np.split(np.arange(8 * H), 8)
    for order, memory, hidden, made in (
        ([0, 1, 2, 3], c, after.h, after.c),
        ([4, 7, 5, 6], below[0], outputs[0], after.m),
    ):
        mine = np.concatenate([rows[k] for k in order])
        same = {"weight_ih": weights["weight_ih"][mine], "weight_hh": weights["weight_hh"][mine]}
        same |= {"bias_ih": weights["bias"][mine], "bias_hh": np.zeros(4 * H)}
        _, _, lstm = unroll(LSTM, same, x, LSTM.STATE(h, memory))
        np.testing.assert_allclose(hidden, lstm.h, atol=1e-12)
        np.testing.assert_allclose(made, lstm.c, atol=1e-12)


def on_random_numbers(cell, weights, size=I, width=H, seed=1):
    """Outputs and the parts of the last state, from a state of random numbers, with x (T, B, size)."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((T, B, size))
    state = cell.STATE(*(rng.uniform(-1, 1, (B, width)) for _ in cell.STATE._fields))
    outputs, _, after = unroll(cell, weights, x, state)
    return np.stack([*outputs, *after])


@pytest.mark.parametrize("rank", [0, 2])
@pytest.mark.parametrize(("name", "size"), [("lstm", H), ("gru", H), ("rnn", H), ("lstm", H - 1), ("gru", H - 1)])
def test_new_rounds_leave_a_cell_as_it_is(name, size, rank):
    """2 sigma(0) = 1. The other weights are drawn as without rounds."""
    plain, gated = build_cell(name, {}), build_cell(name, {"rounds": 3, "rank": rank})
    start, same = (cell.initial_weights(np.random.default_rng(0), size, H) for cell in (plain, gated))
    for key, value in start.items():
        np.testing.assert_array_equal(same[key], value)
    found = on_random_numbers(gated, same, size)
    np.testing.assert_allclose(found, on_random_numbers(plain, start, size), atol=1e-12)
    open_ = {key: value + 0.5 * ("round" in key) for key, value in same.items()}
    assert abs(on_random_numbers(gated, open_, size) - found).max() > 1e-3


def test_rounds_of_an_input_that_is_wider_than_the_layer_gate_what_it_is_narrowed_to():
    cell = build_cell("mogrifier", {})
    weights = random_weights(cell)  # I > H
    narrow = {key: value for key, value in weights.items() if key != "narrow"}
    rng = np.random.default_rng(1)
    x, state = rng.standard_normal((T, B, I)), cell.STATE(*(rng.uniform(-1, 1, (B, H)) for _ in "hc"))
    outputs, _, _ = unroll(cell, weights, x, state)
    same, _, _ = unroll(cell, narrow, x @ weights["narrow"].T, state)
    np.testing.assert_allclose(outputs, same, atol=1e-12)


def test_the_rounds_are_those_of_the_paper():
    """One step of an lstm on x and h that gated each other, with matrices of any rank."""
    cell = build_cell("lstm", {"rounds": 4, "rank": 3})
    rng = np.random.default_rng(2)
    weights = {key: rng.standard_normal(shape) for key, shape in cell.shapes(H, H).items()}
    x, h, c = (rng.standard_normal((B, H)) for _ in "xhc")
    outputs, _, _ = unroll(cell, weights, x[None], cell.STATE(h, c))
    for number in (1, 2, 3, 4):
        matrix = weights[f"round_{number}_a"] @ weights[f"round_{number}_b"]
        if number in (1, 3):
            x = x * 2 / (1 + np.exp(-(h @ matrix.T)))
        else:
            h = h * 2 / (1 + np.exp(-(x @ matrix.T)))
    expected, _, _ = unroll(LSTM, weights, x[None], LSTM.STATE(h, c))
    np.testing.assert_allclose(outputs, expected, atol=1e-12)


def test_the_rounds_of_a_gru_leave_alone_what_its_update_gate_keeps():
    cell = build_cell("gru", {"rounds": 2})
    weights = random_weights(cell) | {"bias_hh": np.repeat([0.0, 60.0, 0.0], H)}  # z = 1
    h = np.random.default_rng(3).standard_normal((B, H))
    _, _, after = unroll(cell, weights, np.ones((T, B, I)), cell.STATE(h))
    np.testing.assert_allclose(after.h, h, atol=1e-12)


def test_a_multiplicative_lstm_that_multiplies_by_one_is_an_lstm():
    cell = build_cell("multiplicative", {})
    weights = random_weights(cell)
    weights["weight_ih"][:H], weights["weight_hh"][:H], weights["bias"][:H] = 0, np.eye(H), 1
    same = as_lstm_weights({key: value[H:] for key, value in weights.items()})
    np.testing.assert_allclose(run(cell, weights), run(LSTM, same), atol=1e-12)
    assert abs(run(cell, random_weights(cell)) - run(LSTM, same)).max() > 1e-2


def test_a_highway_of_one_layer_is_a_gru_without_its_reset_gate():
    """t = 1 - z, and the reset gate is open."""
    cell, gru = build_cell("highway", {"depth": 1}), build_cell("gru", {})
    weights = random_weights(cell)
    (w, w_t), (u, u_t), (b, b_t) = (np.split(weights[key], 2) for key in ("weight_ih", "weight_hh", "bias"))
    nothing = np.zeros((H, I)), np.zeros((H, H))
    same = {
        "weight_ih": np.concatenate([nothing[0], -w_t, w]),
        "weight_hh": np.concatenate([nothing[1], -u_t, u]),
        "bias_ih": np.concatenate([np.full(H, 60.0), -b_t, b]),
        "bias_hh": np.zeros(3 * H),
    }
    np.testing.assert_allclose(on_random_numbers(cell, weights), on_random_numbers(gru, same), atol=1e-12)


def test_a_highway_whose_gates_are_shut_keeps_its_state():
    cell = build_cell("highway", {"depth": 5})
    weights = random_weights(cell)
    weights["bias"].reshape(5, 2, H)[:, 1] = -60
    found = on_random_numbers(cell, weights)
    np.testing.assert_allclose(found, np.broadcast_to(found[-1], found.shape), atol=1e-12)


SLSTM = build_cell("slstm", {"heads": 2})


def slstm_state(seed=0):
    """A state that can occur."""
    x = np.random.default_rng(seed).standard_normal((T, B, I))
    return unroll(SLSTM, random_weights(SLSTM), x, SLSTM.fresh_state(B, I, H, like=x))[2]


@pytest.mark.parametrize("k", [-7.0, 0.5, 20.0])
def test_only_the_ratio_of_weights_counts_in_an_slstm(k):
    state = slstm_state()
    moved = state._replace(c=state.c * np.exp(-k), n=state.n * np.exp(-k), m=state.m + k)
    x = np.random.default_rng(5).standard_normal((T, B, I))
    outputs, _, _ = unroll(SLSTM, random_weights(SLSTM), x, state)
    same, _, _ = unroll(SLSTM, random_weights(SLSTM), x, moved)
    np.testing.assert_allclose(same, outputs, atol=1e-12)


def test_an_slstm_shows_a_weighted_mean_of_its_candidates():
    """As it is written without a stabilizer: each weight is exp(i~), times sigma(f~) of every later symbol."""
    rng = np.random.default_rng(0)
    weights = {key: rng.standard_normal(shape) for key, shape in SLSTM.shapes(I, H).items()} | {
        "weight_hh": np.zeros((4 * H, H // 2))  # so that all sums are known at once
    }
    x = rng.standard_normal((T, B, I))
    outputs, _, _ = unroll(SLSTM, weights, x, SLSTM.fresh_state(B, I, H, like=x))
    i, f, z, o = np.split(x @ weights["weight_ih"].T + weights["bias"], 4, axis=-1)
    c = n = np.zeros((B, H))
    for t in range(T):
        forget, write = 1 / (1 + np.exp(-f[t])), np.exp(i[t])
        c, n = forget * c + write * np.tanh(z[t]), forget * n + write
        np.testing.assert_allclose(outputs[t], c / n / (1 + np.exp(-o[t])), atol=1e-12)


@pytest.mark.parametrize("scale", [1, 30, 300])
def test_an_slstm_is_bounded_whatever_it_reads(scale):
    """|c / n| <= 1, and nothing is infinite, forwards or backwards, though exp(i~) alone would be."""
    rng = np.random.default_rng(scale)
    weights = {
        key: torch.tensor(rng.standard_normal(shape) * scale, dtype=torch.float32, requires_grad=True)
        for key, shape in SLSTM.shapes(I, H).items()
    }
    x = torch.tensor(rng.standard_normal((50, B, I)), dtype=torch.float32)
    outputs, _, after = unroll(SLSTM, weights, x, SLSTM.fresh_state(B, I, H, like=x))
    assert (outputs.abs() <= 1).all()
    assert ((after.c / after.n).abs() <= 1 + 1e-6).all()
    outputs.sum().backward()
    assert all(weight.grad.isfinite().all() for weight in weights.values())


def test_a_head_of_an_slstm_reads_its_own_units_alone():
    whole = SLSTM.step_weights(random_weights(SLSTM))["weight_hh"].reshape(4, 2, H // 2, 2, H // 2)
    assert (whole[:, 0, :, 1] == 0).all()
    assert (whole[:, 1, :, 0] == 0).all()
    own = random_weights(SLSTM)["weight_hh"].reshape(4, 2, H // 2, H // 2)
    np.testing.assert_array_equal(np.stack([whole[:, k, :, k] for k in (0, 1)], 1), own)
