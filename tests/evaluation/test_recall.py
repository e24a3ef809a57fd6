"""Scores of a recall text, for models that are built by hand to recall or not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.errors import TextError
from charlm.evaluation.recall import RecallScore, score_recall
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.randomness import stream
from charlm.text.synthetic import KEYS, recall
from charlm.text.vocabulary import Vocabulary

TEXT = recall(3, 200, 1)
VOCABULARY = Vocabulary.of(TEXT)
SMALL = ModelSettings(cell="rnn", hidden_size=16, num_layers=1, embedding_dim=VOCABULARY.size)


def uniform():
    """Parameters of a model that predicts every symbol equally, whatever it reads."""
    return {name: value * 0 for name, value in initial_parameters(SMALL, VOCABULARY.size, stream(1, "w")).items()}


def perfect():
    """Parameters of an rnn with 16 units that recalls every key: it keeps each key in a unit of its own.

    A key drives its own unit to 1 and the units of all others to -1. A recurrent weight of 3 keeps each unit there.
    """
    parameters = uniform()
    ids = {symbol: VOCABULARY.symbols.index(symbol) for symbol in KEYS}
    parameters["embedding.weight"] = np.eye(VOCABULARY.size, dtype=np.float32)
    for unit, symbol in enumerate(KEYS):
        column = parameters["recurrent.weight_ih_l0"][:, ids[symbol]]
        column[: len(KEYS)] = -20.0
        column[unit] = 20.0
        parameters["recurrent.weight_hh_l0"][unit, unit] = 3.0
        parameters["head.weight"][ids[symbol], unit] = 10.0
    return parameters


def test_a_uniform_model_scores_log_v():
    found = score_recall(LanguageModel(SMALL, uniform()), VOCABULARY, TEXT)
    assert found.lines == 200
    assert found.nats == pytest.approx(math.log(VOCABULARY.size), rel=1e-6)
    first = VOCABULARY.symbols[0]  # argmax of equal logits is the first symbol, the newline, which is no key
    assert first not in KEYS
    assert found.accuracy == 0


def test_a_perfect_model_recalls_every_key():
    found = score_recall(LanguageModel(SMALL, perfect()), VOCABULARY, TEXT)
    assert found.accuracy == 1
    assert found.nats < 1e-3


def test_a_model_without_memory_is_right_by_chance():
    parameters = perfect()
    parameters["recurrent.weight_hh_l0"][:] = 0  # it forgets the key at once ...
    key = VOCABULARY.symbols.index("C")
    parameters["head.bias"][key] = 5.0  # ... and always predicts this one
    found = score_recall(LanguageModel(SMALL, parameters), VOCABULARY, TEXT)
    assert found.accuracy == np.mean([line[0] == "C" for line in TEXT.splitlines()])


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_one_lane_gives_the_score_of_a_plain_forward_pass(cell):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
    model = LanguageModel(settings, initial_parameters(settings, VOCABULARY.size, stream(1, "w")))
    ids = VOCABULARY.encode(TEXT).ids.astype(np.int64)
    logits, _ = model.forward(ids[:, None], model.fresh_state(1))
    questions = np.flatnonzero(ids == VOCABULARY.symbols.index("?"))
    probabilities = logits[questions, 0].astype(np.float64)
    probabilities = np.exp(probabilities) / np.exp(probabilities).sum(axis=-1, keepdims=True)
    right = probabilities[np.arange(questions.size), ids[questions + 1]]
    found = score_recall(model, VOCABULARY, TEXT, lanes=1)
    assert found.nats == pytest.approx(-np.log(right).mean(), abs=1e-5)
    assert found.accuracy == (probabilities.argmax(axis=-1) == ids[questions + 1]).mean()


@pytest.mark.parametrize("lanes", [1, 7, 64, 1000])
def test_every_line_is_counted_once_for_any_number_of_lanes(lanes):
    text = recall(3, 101, 2)
    right = score_recall(LanguageModel(SMALL, perfect()), VOCABULARY, text, lanes)
    assert (right.lines, right.accuracy) == (101, 1)
    assert score_recall(LanguageModel(SMALL, uniform()), VOCABULARY, text, lanes) == RecallScore(
        101, 0.0, pytest.approx(math.log(14), rel=1e-6)
    )


@pytest.mark.parametrize("text", ["", "A?B\n", "AaA\n", "Aa?A\nAaa?A\n", "Aa?A"])
def test_another_text_is_refused(text):
    with pytest.raises(TextError) as caught:
        score_recall(LanguageModel(SMALL, uniform()), VOCABULARY, text)
    assert len(str(caught.value).splitlines()) == 3


def test_a_lane_reads_the_line_before_its_first():
    """A model that recalls keys only after a newline: a lane in the middle of the text has read one."""
    parameters = perfect()
    newline = VOCABULARY.symbols.index("\n")
    parameters["recurrent.weight_ih_l0"][15, newline] = 20.0  # a unit that is on after the first newline
    parameters["recurrent.weight_hh_l0"][15, 15] = 3.0
    for symbol in KEYS:
        parameters["recurrent.weight_ih_l0"][: len(KEYS), VOCABULARY.symbols.index(symbol)] -= 40.0
    parameters["recurrent.weight_hh_l0"][: len(KEYS), 15] = 40.0
    one_lane = score_recall(LanguageModel(SMALL, parameters), VOCABULARY, TEXT, lanes=1)
    assert one_lane.accuracy < 1  # in the first line of the text
    assert score_recall(LanguageModel(SMALL, parameters), VOCABULARY, TEXT, lanes=50).accuracy == one_lane.accuracy
