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
