"""A mixture over rows: one row is the mixture that `charlm eval` reads with, and rows learn together."""

from __future__ import annotations

import numpy as np

from charlm.compression.row_mixture import RowMixture
from charlm.evaluation.mixing import LogLinear
from charlm.model.probabilities import log_softmax

V, LENGTH = 5, 200
RANDOM = np.random.default_rng(9)
IDS = RANDOM.integers(0, V, LENGTH)
EVERY = log_softmax(RANDOM.normal(0, 2, (2, LENGTH, V)))
WEIGHTS = [0.65, 0.35]


def test_one_row_is_mixed_as_a_text_is():
    blend, rows = LogLinear(WEIGHTS), RowMixture(WEIGHTS, V)
    mixed = blend.mix(EVERY, IDS)
    for at, last in enumerate([0, *IDS[:-1].tolist()]):
        logs, before, ids = EVERY[:, at : at + 1], np.array([last]), IDS[at : at + 1]
        probabilities = rows.mix(logs, before)
        np.testing.assert_allclose(np.log(probabilities[0]), mixed[at], atol=1e-7)
        rows.learn(logs, probabilities, before, ids)
    np.testing.assert_allclose(rows.common, blend.weights, atol=1e-7)
    np.testing.assert_allclose(rows.added, blend.added, atol=1e-7)


def test_rows_are_learned_from_together():
    """Two equal rows move the weights twice as far as one."""
    one, two = RowMixture(WEIGHTS, V), RowMixture(WEIGHTS, V)
    for rows, mixture in ((1, one), (2, two)):
        logs, last = np.repeat(EVERY[:, :1], rows, axis=1), np.full(rows, 3)
        mixture.learn(logs, mixture.mix(logs, last), last, np.repeat(IDS[:1], rows))
    np.testing.assert_allclose(two.common - WEIGHTS, 2 * (one.common - WEIGHTS))
    np.testing.assert_allclose(two.added[3], 2 * one.added[3])
