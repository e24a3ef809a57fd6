"""The next characters that a model thinks likeliest, for every cell, in running texts and in records."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.inspection.guessing import next_guesses
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.probabilities import log_softmax
from charlm.randomness import named_stream

V = 7


def model_of(cell):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
    return LanguageModel(settings, initial_parameters(settings, V, named_stream(2, "weights")))


def chances(model, ids):
    logits, _ = model.forward(np.asarray(ids)[:, None].astype(np.int64), model.fresh_state(1))
    return np.exp(log_softmax(logits[:, 0]))


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_they_are_those_of_the_definition(cell):
    model, ids = model_of(cell), np.random.default_rng(1).integers(0, V, 60).astype(np.uint8)
    found, shares = next_guesses(model, ids, 40, 45, 3)
    expected = chances(model, ids[:45])[40:]
    np.testing.assert_allclose(shares, -np.sort(-expected, axis=1)[:, :3], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(expected, found, axis=1), shares, atol=1e-5)


def test_each_record_is_read_from_a_fresh_state():
    model, ids = model_of("lstm"), np.array([1, 2, 0, 3, 4, 0, 5], np.uint8)
    _, shares = next_guesses(model, ids, 0, 7, V, end=0)
    alone = chances(model, [0, 3, 4])
    np.testing.assert_allclose(shares[2:5], -np.sort(-alone, axis=1), atol=1e-5)
    _, one = next_guesses(model, ids, 4, 5, V, end=0)
    np.testing.assert_allclose(one[0], shares[4], atol=1e-6)
