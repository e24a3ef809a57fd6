"""A model that reads a text as one stream predicts what the exact score counts."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.evaluation.predicting import ModelPredictor, read_nats
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import score_ids
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stepping import DefinitionStepper

V = 11


def model(cell="lstm", **settings):
    chosen = ModelSettings(cell=cell, hidden_size=12, num_layers=2, **settings)
    parameters = initial_parameters(chosen, V, np.random.default_rng(0))
    parameters["head.weight"] = parameters["head.weight"] * 4  # predictions that depend on the state
    return LanguageModel(chosen, parameters)


def text(length, seed=1):
    return np.random.default_rng(seed).integers(0, V, length).astype(np.uint8)


@pytest.mark.parametrize("cell", CELLS)
def test_the_nats_of_a_stream_are_those_of_its_exact_score(cell):
    ids = text(500)
    nats = read_nats(ModelPredictor(model(cell)), ids)
    assert nats[0] == pytest.approx(np.log(V))  # nothing was read before the first
    assert nats[1:].mean() == pytest.approx(score_ids(NumpyScorer(model(cell)), ids, None).nats_per_character, abs=1e-6)


def test_each_distribution_is_that_of_the_definition_step_by_step():
    ids, stepper = text(60), DefinitionStepper(model())
    state, expected = stepper.fresh(1), []
    for symbol in ids[:-1].tolist():
        logits, state = stepper.step(np.array([symbol]), state)
        scores = logits[0].astype(np.float64)
        expected.append(scores - np.log(np.exp(scores).sum()))
    np.testing.assert_allclose(ModelPredictor(model()).read(ids)[1:], expected, atol=1e-5)


@pytest.mark.parametrize("settings", [{}, {"attention": {"window": 8}}])
def test_blocks_of_any_length_predict_the_same(settings):
    ids = text(3000)
    whole = ModelPredictor(model(**settings)).read(ids)
    reader = ModelPredictor(model(**settings))
    parts = [reader.read(part) for part in np.split(ids, [0, 1, 2, 700, 700, 2999])]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


def test_records_are_each_read_from_a_fresh_state():
    """Their scores are those of the exact score, which reads them side by side and in another order."""
    end = 0
    ids = np.concatenate([[*np.random.default_rng(n).integers(1, V, 3 + n % 20), end] for n in range(60)])
    predictor = ModelPredictor(model(), end)
    nats = np.concatenate([read_nats(predictor, part) for part in np.split(ids, [5, 6, 300])])
    score = score_ids(NumpyScorer(model()), ids, end)
    assert score.characters == len(ids)
    assert nats.sum() == pytest.approx(score.nats, abs=1e-6 * len(ids))


def test_how_much_was_read_is_told():
    told = []
    nats = read_nats(ModelPredictor(model()), text(5000), lambda nats: told.append(nats.copy()))
    assert [len(each) for each in told] == [2048, 4096, 5000]
    assert all(np.array_equal(each, nats[: len(each)]) for each in told)
