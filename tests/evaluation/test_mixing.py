"""Mixtures are what their formulas say."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.baselines.ngram import new_ngram
from charlm.checkpoint import load_checkpoint
from charlm.evaluation.mixing import RATE, SLOWER, Linear, LogLinear, Mixture, equal_weights
from charlm.evaluation.predicting import ModelPredictor, read_nats
from charlm.evaluation.temperature import Tempered
from charlm.kernels import library
from charlm.model.probabilities import log_softmax
from charlm.runs import find_checkpoint
from charlm.text.corpus import open_corpus

V = 5


class Fixed:
    """Predicts rows of a table, whatever it reads."""

    def __init__(self, rows):
        self.rows, self.at = rows, 0

    def read(self, ids):
        self.at += len(ids)
        return self.rows[self.at - len(ids) : self.at]


def random_rows(seed, length=300):
    return log_softmax(np.random.default_rng(seed).normal(0, 2, (length, V)))


IDS = np.random.default_rng(9).integers(0, V, 300)


def test_the_linear_mixture_is_the_mean_of_probabilities():
    one, other = random_rows(1), random_rows(2)
    mixed = Mixture([Fixed(one), Fixed(other)], Linear(equal_weights(2))).read(IDS)
    np.testing.assert_allclose(np.exp(mixed), (np.exp(one) + np.exp(other)) / 2, atol=1e-15)
    mixed = Mixture([Fixed(one), Fixed(other)], Linear([0.65, 0.35])).read(IDS)
    np.testing.assert_allclose(np.exp(mixed), 0.65 * np.exp(one) + 0.35 * np.exp(other), atol=1e-15)


@pytest.mark.parametrize("weights", [[0.5, 0.6], [1.5, -0.5], [0.5]])
def test_weights_of_a_linear_mixture_are_shares(weights):
    with pytest.raises(ValueError, match="sum to 1"):
        Linear(weights)


def test_a_mixture_needs_a_weight_for_each_predictor():
    with pytest.raises(ValueError, match="each predictor"):
        Mixture([Fixed(random_rows(1)), Fixed(random_rows(2))], LogLinear([1.0]))


def test_the_log_linear_mixture_learns_by_the_gradient_of_its_nats():
    """The gradient by differences: of the nats of the symbol with respect to each weight, before it is read."""
    rows = [random_rows(1), random_rows(2)]
    blend, common, added = LogLinear([0.5, 0.5]), np.array([0.5, 0.5]), np.zeros((V, 2))
    seen, last = np.zeros(V), 0
    mixture = Mixture([Fixed(each) for each in rows], blend)
    for at in range(40):
        mixed = mixture.read(IDS[at : at + 1])

        def nats(weights, at=at):
            return -log_softmax(weights @ np.stack([each[at] for each in rows]))[IDS[at]]

        weights = common + added[last]
        assert -mixed[0, IDS[at]] == pytest.approx(nats(weights))
        gradient = np.array([(nats(weights + step) - nats(weights - step)) / 2e-5 for step in np.eye(2) * 1e-5])
        common = common - RATE / (1 + at / SLOWER) * gradient
        added[last] -= RATE / (1 + seen[last] / SLOWER) * gradient
        seen[last] += 1
        last = IDS[at]
        np.testing.assert_allclose(blend.weights, common, atol=1e-9)
        np.testing.assert_allclose(blend.added, added, atol=1e-9)


@pytest.mark.skipif(library() is None, reason="the kernels are not compiled here")
@pytest.mark.parametrize("members", [1, 2, 3])
def test_the_kernel_mixes_as_the_definition(members, monkeypatch):
    every = [random_rows(seed, 2000) for seed in range(members)]
    ids = np.random.default_rng(5).integers(0, V, 2000)
    fast, plain = LogLinear(equal_weights(members)), LogLinear(equal_weights(members))
    mixed = np.concatenate(
        [fast.mix([each[part] for each in every], ids[part]) for part in (slice(700), slice(700, None))]
    )
    monkeypatch.setattr("charlm.evaluation.mixing.library", lambda: None)
    np.testing.assert_allclose(mixed, plain.mix(every, ids), atol=1e-10)
    np.testing.assert_allclose(fast.weights, plain.weights, atol=1e-10)
    np.testing.assert_allclose(fast.added, plain.added, atol=1e-10)


@pytest.mark.skipif(library() is None, reason="the kernels are not compiled here")
@pytest.mark.parametrize("symbol", [-1, V])
def test_an_id_outside_of_the_vocabulary_is_refused(symbol):
    with pytest.raises(ValueError, match="vocabulary"):
        LogLinear([1.0]).mix([random_rows(1, 1)], np.array([symbol]))


def test_blocks_of_any_length_mix_the_same():
    whole, mixture = (Mixture([Fixed(random_rows(1)), Fixed(random_rows(2))], LogLinear([0.5, 0.5])) for _ in range(2))
    parts = np.split(IDS, [0, 1, 50, 299])
    np.testing.assert_array_equal(np.concatenate([mixture.read(part) for part in parts]), whole.read(IDS))


def test_the_better_predictor_gets_the_larger_weight():
    good = log_softmax(random_rows(1) + 3 * np.eye(V)[IDS])
    blend = LogLinear([0.5, 0.5])
    blend.mix([good, random_rows(2)], IDS)
    assert blend.weights[0] > 0.5 > blend.weights[1]


@pytest.fixture(scope="module")
def real(tiny_run):
    """The model of a run, the ids of its training and validation splits, and a 6-gram of the former."""
    checkpoint = load_checkpoint(find_checkpoint(tiny_run, "tiny"))
    corpus = open_corpus(checkpoint.settings.text, checkpoint.vocabulary)
    counts = new_ngram(6, checkpoint.vocabulary.size)
    counts.count(corpus.split("train"))
    return checkpoint.model, corpus.split("valid"), counts


def test_weights_come_to_depend_on_the_symbol_read_last():
    """One predictor is right after symbol 0, the other one after all others."""
    good, bad = log_softmax(3 * np.eye(V)[IDS]), np.full((len(IDS), V), -np.log(V))
    after = np.append(False, IDS[:-1] == 0)[:, None]
    blend = LogLinear([0.5, 0.5])
    blend.mix([np.where(after, good, bad), np.where(after, bad, good)], IDS)
    assert blend.added[0, 0] > blend.added[0, 1]
    assert (blend.added[1:, 1] > blend.added[1:, 0]).all()


def test_a_trained_model_and_a_6_gram_mixed_by_hand(real):
    model, ids, counts = real
    rows = np.arange(len(ids))
    one = np.exp(ModelPredictor(model).read(ids))[rows, ids]
    other = np.exp(counts.reader(False).read(ids))[rows, ids]
    mixed = read_nats(Mixture([ModelPredictor(model), counts.reader(False)], Linear([0.65, 0.35])), ids)
    np.testing.assert_allclose(mixed, -np.log(0.65 * one + 0.35 * other), atol=1e-12)


def test_with_one_model_it_is_a_temperature_that_is_fitted_while_reading(real):
    model, ids, _ = real
    blend = LogLinear([1.0])
    mixed = Mixture([ModelPredictor(model)], blend).read(ids[:1000])
    assert blend.weights[0] != 1
    np.testing.assert_array_equal(mixed[0], ModelPredictor(model).read(ids[:1])[0])
    at = Mixture([ModelPredictor(model)], LogLinear([0.8], rate=0)).read(ids[:100])
    np.testing.assert_allclose(at, Tempered(ModelPredictor(model), 1 / 0.8).read(ids[:100]), atol=1e-12)
