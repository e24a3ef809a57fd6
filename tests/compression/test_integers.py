"""The integers that are coded, and that the library codes exactly these."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.compression.elementary import exp, expm1, log, logaddexp, softmax, tanh
from charlm.compression.integers import TOTAL, weights_of
from charlm.compression.range_coder import Decoder, Encoder


@given(st.lists(st.floats(0, 1), min_size=2, max_size=400))
def test_frequencies_are_positive_and_add_up(values):
    given = np.array(values) + 1e-300
    probabilities = (given / given.sum())[None]
    frequencies = weights_of(probabilities)[0].astype(np.int64) + 1
    assert frequencies.min() >= 1
    assert frequencies.sum() == TOTAL
    others = np.arange(len(values)) != probabilities[0].argmax()
    rule = np.floor(probabilities[0] * (TOTAL - len(values))).astype(np.int64) + 1
    assert (frequencies[others] == rule[others]).all()


@pytest.mark.parametrize("symbols", [2, 3, 66, 5000])
def test_the_library_codes_these_frequencies(symbols):
    """The bits of each symbol, repeated, are those of its frequency."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(symbols, 0.05))[None]
    weights = weights_of(probabilities)
    chosen = [0, symbols - 1, int(weights.argmax()), int(weights.argmin()), *rng.integers(0, symbols, 5)]
    for symbol in chosen:
        encoder = Encoder()
        for _ in range(400):
            encoder.put(np.array([symbol]), weights)
        bits = 400 * (24 - np.log2(weights[0, symbol] + 1.0))
        assert bits <= 8 * len(encoder.words()) <= bits + 65
        decoder = Decoder(encoder.words())
        assert all(decoder.take(weights) == [symbol] for _ in range(400))


def test_exp_and_tanh_are_accurate():
    x = np.linspace(-700, 700, 100_001)
    assert np.allclose(exp(x), np.exp(x), rtol=1e-11)
    assert np.allclose(tanh(x / 30), np.tanh(x / 30), atol=1e-11)
    assert exp(np.array([-1e300, 1e300])).tolist() == exp(np.array([-700.0, 700.0])).tolist()
    assert np.isnan(exp(np.array([np.nan]))).all()


def test_probabilities_add_up_to_one():
    logits = np.random.default_rng(0).normal(0, 20, (50, 300)).astype(np.float32)
    assert np.allclose(softmax(logits).sum(-1), 1, atol=1e-12)


def test_the_softplus_of_elementary_operations():
    x = np.linspace(-800, 800, 20_001)
    np.testing.assert_allclose(logaddexp(0, x), np.logaddexp(0, x), rtol=0, atol=1e-12)
    np.testing.assert_allclose(logaddexp(x[:-1], x[1:]), np.logaddexp(x[:-1], x[1:]), rtol=0, atol=1e-12)


def test_log_and_expm1_are_accurate():
    x = np.concatenate([np.logspace(-300, 300, 2001), 1 + np.linspace(-1e-6, 1e-6, 201), [0.0, -1.0, np.inf]])
    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.allclose(log(x), np.log(x), rtol=1e-12, atol=1e-15, equal_nan=True)
    y = np.concatenate([np.linspace(-30, 30, 4001), np.logspace(-12, 0, 101), [0.0]])
    assert np.allclose(expm1(y), np.expm1(y), rtol=1e-11, atol=0)
