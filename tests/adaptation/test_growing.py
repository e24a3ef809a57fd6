"""A model that begins from nothing predicts as its definition says, learns, and is the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.adaptation import growing
from charlm.adaptation.growing import GrowingModel
from charlm.adaptation.plan import Plan
from charlm.config.settings import ModelSettings
from charlm.errors import DivergedError
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stepping import DefinitionStepper

V = 6
SETTINGS = ModelSettings(cell="gru", hidden_size=12, num_layers=1)
TEXT = np.tile([1, 2, 3, 1, 4, 5], (3, 60))  # three rows


def model():
    return LanguageModel(SETTINGS, initial_parameters(SETTINGS, V, np.random.default_rng(0)))


def read(grown, rows):
    """The nats of each symbol of rows (B, N), and the logits before each."""
    grown.begin(len(rows))
    nats, logits = [], []
    for ids in rows.T:
        logits.append(grown.logits)
        scores = grown.logits.astype(float)
        nats.append(np.logaddexp.reduce(scores, 1) - scores[np.arange(len(ids)), ids])
        grown.take(ids)
    return np.array(nats), np.array(logits)


def test_before_it_has_learned_it_is_the_model_that_was_given():
    _, logits = read(GrowingModel(model(), Plan(segment=100)), TEXT[:, :50])
    stepper = DefinitionStepper(model())
    ids, state = np.zeros(3, np.int64), stepper.fresh(3)
    for at, found in enumerate(logits):
        expected, state = stepper.step(ids, state)
        np.testing.assert_allclose(found, expected, atol=1e-6)
        ids = TEXT[:, at]


@pytest.mark.parametrize("repeats", [0, 2])
def test_it_learns_and_is_the_same_each_time(repeats):
    plan = Plan(rate=0.02, segment=8, repeats=repeats)
    one, logits = read(GrowingModel(model(), plan), TEXT)
    other, again = read(GrowingModel(model(), plan), TEXT)
    assert (logits == again).all()
    assert one[-60:].mean() < 0.6 * one[:60].mean()
    del other


def test_repetitions_make_it_learn_sooner():
    nats = [read(GrowingModel(model(), Plan(0.005, 8, repeats)), TEXT)[0].mean() for repeats in (0, 3)]
    assert nats[1] < 0.95 * nats[0]


def test_of_many_windows_some_are_forgotten(monkeypatch):
    monkeypatch.setattr(growing, "REMEMBERED", 4)
    grown = GrowingModel(model(), Plan(segment=8))
    read(grown, TEXT)
    assert len(grown._windows) == 4


def test_rows_may_end_and_begin_anew():
    grown = GrowingModel(model(), Plan(segment=8))
    read(grown, TEXT[:, :21])
    grown.keep(2)
    for ids in TEXT[:2, 21:40].T:
        grown.take(ids)
    assert grown.logits.shape == (2, V)
    nats, _ = read(grown, TEXT[:1])  # a window may have other rows than those that are repeated
    assert np.isfinite(nats).all()


def test_the_model_that_was_given_stays():
    given = model()
    before = {name: value.copy() for name, value in given.parameters.items()}
    read(GrowingModel(given, Plan(segment=8)), TEXT)
    assert all((value == before[name]).all() for name, value in given.parameters.items())


def test_a_divergence_says_what_to_do():
    with pytest.raises(DivergedError, match="diverged") as refused:
        read(GrowingModel(model(), Plan(rate=1e38, segment=8)), TEXT)
    assert "--adapt-rate 0.0005" in refused.value.remedy
