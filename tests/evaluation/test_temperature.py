"""The fitted temperature is the one with the fewest nats."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.evaluation.temperature import LEAST, MOST, Tempered, fit_temperature
from charlm.model.probabilities import log_softmax

V = 6


def drawn(logs, seed=0):
    """An id from each row of log-probabilities."""
    u = np.random.default_rng(seed).random((len(logs), 1))
    return (np.exp(logs).cumsum(axis=1) < u).sum(axis=1).clip(0, V - 1)


@pytest.mark.parametrize("temperature", [0.3, 0.9, 1.0, 1.2, 4.0])
def test_the_temperature_that_a_text_was_drawn_at_is_found(temperature):
    logs = log_softmax(np.random.default_rng(1).normal(0, 2, (20_000, V)))
    found = fit_temperature(logs, drawn(log_softmax(logs / temperature)))
    assert found == pytest.approx(temperature, rel=0.05)


def test_no_other_temperature_has_fewer_nats():
    logs = log_softmax(np.random.default_rng(1).normal(0, 2, (500, V)))
    ids = drawn(log_softmax(logs / 1.7))

    def nats(temperature):
        return -log_softmax(logs / temperature)[np.arange(len(ids)), ids].sum()

    found = fit_temperature(logs, ids)
    assert nats(found) <= min(nats(found * 1.001), nats(found / 1.001))


@pytest.mark.parametrize(("right", "expected"), [(True, 1 / MOST), (False, 1 / LEAST)])
def test_a_text_that_is_always_right_or_always_wrong_ends_at_a_limit(right, expected):
    logs = log_softmax(np.random.default_rng(1).normal(0, 2, (300, V)))
    ids = logs.argmax(axis=1) if right else logs.argmin(axis=1)
    assert fit_temperature(logs, ids) == pytest.approx(expected)


def test_of_uniform_predictions_the_temperature_is_1():
    assert fit_temperature(np.full((10, V), -np.log(V)), np.zeros(10, int)) == 1


class Fixed:
    def read(self, ids):
        return np.log(np.tile([0.5, 0.3, 0.2], (len(ids), 1)))


def test_a_higher_temperature_is_less_certain():
    rows = np.exp(Tempered(Fixed(), 2.0).read(np.zeros(3, int)))
    np.testing.assert_allclose(rows[0], np.sqrt([0.5, 0.3, 0.2]) / np.sqrt([0.5, 0.3, 0.2]).sum())
