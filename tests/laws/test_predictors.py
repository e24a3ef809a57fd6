"""Every predictor gives probabilities at every place, and its simplest case is what it is made of."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.baselines.ngram import new_ngram
from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.evaluation.mixing import Linear, LogLinear, Mixture, equal_weights
from charlm.evaluation.predicting import ModelPredictor
from charlm.evaluation.temperature import Tempered
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters

V = 9


def model(seed=0, cell="lstm"):
    settings = ModelSettings(cell=cell, hidden_size=12, num_layers=1)
    parameters = initial_parameters(settings, V, np.random.default_rng(seed))
    parameters["head.weight"] = parameters["head.weight"] * 30  # some symbols get almost no probability
    return ModelPredictor(LanguageModel(settings, parameters))


def text(length, seed=1):
    return np.random.default_rng(seed).integers(0, V, length).astype(np.uint8)


def ngram(counting, order=3):
    counts = new_ngram(order, V)
    counts.count(text(300, seed=2))
    return counts.reader(counting)


EVERY = {
    "static model": model,
    "static model of records": lambda: ModelPredictor(model()._model, end=0),
    "cold": lambda: Tempered(model(), 0.1),
    "hot": lambda: Tempered(model(), 10),
    "unigram": lambda: ngram(False, 0),
    "static n-gram": lambda: ngram(False),
    "counting n-gram": lambda: ngram(True),
    "ensemble": lambda: Mixture([model(), model(1), model(2)], Linear(equal_weights(3))),
    "log-linear ensemble": lambda: Mixture([model(), model(1)], LogLinear([0.5, 0.5])),
    "linear mixture": lambda: Mixture([model(), ngram(False)], Linear([0.65, 0.35])),
    "log-linear mixture": lambda: Mixture([model(), ngram(True)], LogLinear([0.5, 0.5])),
    "temperature fitted while reading": lambda: Mixture([model()], LogLinear([1])),
    "mixture of mixtures": lambda: Mixture(
        [Mixture([model(), model(1)], Linear([0.5, 0.5])), Tempered(ngram(True), 2)], LogLinear([0.5, 0.5])
    ),
} | {f"static {cell}": lambda cell=cell: model(cell=cell) for cell in CELLS}


@pytest.mark.parametrize("name", EVERY)
def test_probabilities_sum_to_1_at_every_place(name):
    found = EVERY[name]().read(text(400))
    assert found.dtype == np.float64
    assert found.shape == (400, V)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, atol=1e-9)


def simplest_cases():
    alone = model().read(text(400))
    yield "an ensemble of one", Mixture([model()], Linear([1])), alone
    yield "a log-linear ensemble of one, not learning", Mixture([model()], LogLinear([1], rate=0)), alone
    yield "weights 1 and 0", Mixture([model(), model(1)], Linear([1, 0])), alone
    yield "log-linear weights 1 and 0", Mixture([model(), model(1)], LogLinear([1, 0], rate=0)), alone
    yield "an n-gram of weight 0", Mixture([model(), ngram(True)], Linear([1, 0])), alone
    yield "temperature 1", Tempered(model(), 1), alone
    yield "an ensemble of equals", Mixture([model(), model(), model()], Linear(equal_weights(3))), alone


@pytest.mark.parametrize(("predictor", "expected"), [pytest.param(*c[1:], id=c[0]) for c in simplest_cases()])
def test_the_simplest_case_is_the_predictor_itself(predictor, expected):
    np.testing.assert_allclose(predictor.read(text(400)), expected, atol=1e-12)
