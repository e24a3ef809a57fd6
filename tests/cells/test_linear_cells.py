"""The cells whose sums do not read the state, against their equations written another way."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll

T, B, I, H = 6, 2, 3, 8  # noqa: E741


def sigma(x):
    return 1 / (1 + np.exp(-x))


def given(name, options=(), input_size=I, size=1.0):
    cell, rng = build_cell(name, dict(options)), np.random.default_rng(0)
    weights = {key: size * rng.standard_normal(shape) for key, shape in cell.shapes(input_size, H).items()}
    x = rng.standard_normal((T, B, input_size))
    return cell, weights, x, cell.fresh_state(B, input_size, H, like=x)


@pytest.mark.parametrize("window", [1, 2, 3])
def test_qrnn_reads_the_last_inputs_joined_and_zeros_before_the_text(window):
    cell, weights, x, state = given("qrnn", {"window": window})
    outputs, _, after = unroll(cell, weights, x, state)
    padded = np.concatenate([np.zeros((window - 1, B, I)), x])
    by_age = np.split(weights["weight_ih"], window)
    sums = sum(padded[window - 1 - age : window - 1 - age + T] @ rows.T for age, rows in enumerate(by_age))
    n, f, o = np.split(sums + weights["bias"], 3, axis=-1)
    c = np.zeros((B, H))
    for t in range(T):
        c = sigma(f[t]) * c + (1 - sigma(f[t])) * np.tanh(n[t])
        np.testing.assert_allclose(outputs[t], sigma(o[t]) * c, atol=1e-12)
    np.testing.assert_allclose(after.c, c, atol=1e-12)


def test_min_lstm_divides_its_gates_by_their_sum():
    cell, weights, x, state = given("min_lstm")
    outputs, _, _ = unroll(cell, weights, x, state)
    f, i, n = np.split(x @ weights["weight_ih"].T + weights["bias"], 3, axis=-1)
    h = np.zeros((B, H))
    for t in range(T):
        gates = sigma(f[t]), sigma(i[t])
        h = (gates[0] * h + gates[1] * n[t]) / sum(gates)
        np.testing.assert_allclose(outputs[t], h, atol=1e-12)


def test_min_lstm_is_finite_when_both_gates_are_closed():
    cell, weights, x, state = given("min_lstm", size=300.0)
    outputs, _, _ = unroll(cell, {k: v.astype(np.float32) for k, v in weights.items()}, x.astype(np.float32), state)
    assert np.isfinite(outputs).all()


@pytest.mark.parametrize("name", ["min_gru", "min_lstm"])
def test_with_positive_candidates_the_state_is_positive(name):
    cell, weights, x, state = given(name, {"positive": True}, size=3.0)
    assert (unroll(cell, weights, x, state)[0] > 0).all()
    plain = build_cell(name, {})
    assert (unroll(plain, weights, x, state)[0] < 0).any()


@pytest.mark.parametrize("input_size", [I, H])
def test_rg_lru_keeps_the_first_symbol_whole_and_gates_block_by_block(input_size):
    cell, weights, x, state = given("rg_lru", {"blocks": 4}, input_size)
    outputs, _, after = unroll(cell, weights, x, state)
    inner = x @ weights["weight_ih_x"].T if input_size != H else x
    rows = weights["weight_ih"]
    b_r, b_i = np.split(weights["bias"], 2)
    rates = -8 * np.log1p(np.exp(weights["decay"]))
    h = np.zeros((B, H))
    for t in range(T):
        block = [slice(2 * (unit // 2), 2 * (unit // 2) + 2) for unit in range(H)]
        r = sigma(np.stack([inner[t][:, block[u]] @ rows[u] for u in range(H)], -1) + b_r)
        i = sigma(np.stack([inner[t][:, block[u]] @ rows[H + u] for u in range(H)], -1) + b_i)
        a = np.exp(r * rates)
        h = a * h + (np.sqrt(1 - a * a) if t else 1) * i * inner[t]
        np.testing.assert_allclose(outputs[t], h, atol=1e-3 if t else 1e-12)  # the root has a least slope
    assert (after.begun == 1).all()


def test_sru_adds_its_scaled_input():
    cell, weights, x, state = given("sru", input_size=H)
    outputs, _, _ = unroll(cell, weights, x, state)
    n, f, r = np.split(x @ weights["weight_ih"].T, 3, axis=-1)
    (v_f, v_r), (b_f, b_r) = np.split(weights["weight_c"], 2), np.split(weights["bias"], 2)
    c = np.zeros((B, H))
    for t in range(T):
        f_t, r_t = sigma(f[t] + v_f * c + b_f), sigma(r[t] + v_r * c + b_r)
        c = f_t * c + (1 - f_t) * n[t]
        h = r_t * c + (1 - r_t) * np.sqrt(1 + 2 * np.exp(-2.0)) * x[t]
        np.testing.assert_allclose(outputs[t], h, atol=1e-12)
