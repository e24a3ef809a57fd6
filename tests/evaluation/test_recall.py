"""Answers to a recall text, against models whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.errors import TextError
from charlm.evaluation.recall import RecallScore, score_recall
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.randomness import named_stream
from charlm.text.corpora.synthetic import KEYS, recall_text
from charlm.text.vocabulary import Vocabulary

TEXT = recall_text(3, 200, 1)
VOCABULARY = Vocabulary.of(TEXT)
SMALL = ModelSettings(cell="rnn", hidden_size=16, num_layers=1, embedding_dim=VOCABULARY.size)


def silent():
    """A model that says the same of every symbol, whatever it reads."""
    return {name: value * 0 for name, value in initial_parameters(SMALL, VOCABULARY.size, named_stream(1, "w")).items()}


def keeper():
    """An rnn of 16 units that copies a key into a unit of its own, keeps it there and shows it: it answers right.

    Each key drives its own unit to 1 and all others' to -1; a recurrent weight of 3 keeps each unit where it is.
    """
    parameters = silent()
    ids = {symbol: VOCABULARY.symbols.index(symbol) for symbol in KEYS}
    parameters["embedding.weight"] = np.eye(VOCABULARY.size, dtype=np.float32)
    for unit, symbol in enumerate(KEYS):
        column = parameters["recurrent.weight_ih_l0"][:, ids[symbol]]
        column[: len(KEYS)] = -20.0
        column[unit] = 20.0
        parameters["recurrent.weight_hh_l0"][unit, unit] = 3.0
        parameters["head.weight"][ids[symbol], unit] = 10.0
    return parameters


def test_a_model_that_knows_nothing_pays_log_v():
    found = score_recall(LanguageModel(SMALL, silent()), VOCABULARY, TEXT)
    assert found.lines == 200
    assert found.nats == pytest.approx(math.log(VOCABULARY.size), rel=1e-6)
    first = VOCABULARY.symbols[0]  # argmax of equals is the first symbol, the newline, which no answer is
    assert first not in KEYS
    assert found.accuracy == 0


def test_a_model_that_remembers_is_always_right():
    found = score_recall(LanguageModel(SMALL, keeper()), VOCABULARY, TEXT)
    assert found.accuracy == 1
    assert found.nats < 1e-3


def test_a_model_that_remembers_badly_is_right_by_chance():
    parameters = keeper()
    parameters["recurrent.weight_hh_l0"][:] = 0  # the key is forgotten at once ...
    key = VOCABULARY.symbols.index("C")
    parameters["head.bias"][key] = 5.0  # ... and the same is always said
    found = score_recall(LanguageModel(SMALL, parameters), VOCABULARY, TEXT)
    assert found.accuracy == np.mean([line[0] == "C" for line in TEXT.splitlines()])


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_it_is_what_one_lane_reads_by_hand(cell):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
    parameters = initial_parameters(settings, VOCABULARY.size, named_stream(1, "w"))
    ids = VOCABULARY.encode(TEXT).ids.astype(np.int64)
    logits, _ = LanguageModel(settings, parameters).forward(
        ids[:, None], LanguageModel(settings, parameters).fresh_state(1)
    )
    asked = np.flatnonzero(ids == VOCABULARY.symbols.index("?"))
    chances = logits[asked, 0].astype(np.float64)
    chances = np.exp(chances) / np.exp(chances).sum(axis=-1, keepdims=True)
    right = chances[np.arange(asked.size), ids[asked + 1]]
    found = score_recall(LanguageModel(settings, parameters), VOCABULARY, TEXT, lanes=1)
    assert found.nats == pytest.approx(-np.log(right).mean(), abs=1e-5)
    assert found.accuracy == (chances.argmax(axis=-1) == ids[asked + 1]).mean()


@pytest.mark.parametrize("lanes", [1, 7, 64, 1000])
def test_every_line_is_counted_once_whatever_the_lanes(lanes):
    text = recall_text(3, 101, 2)
    right = score_recall(LanguageModel(SMALL, keeper()), VOCABULARY, text, lanes)
    assert (right.lines, right.accuracy) == (101, 1)
    assert score_recall(LanguageModel(SMALL, silent()), VOCABULARY, text, lanes) == RecallScore(
        101, 0.0, pytest.approx(math.log(14), rel=1e-6)
    )


@pytest.mark.parametrize("text", ["", "A?B\n", "AaA\n", "Aa?A\nAaa?A\n", "Aa?A"])
def test_what_is_no_recall_text_is_refused(text):
    with pytest.raises(TextError) as caught:
        score_recall(LanguageModel(SMALL, silent()), VOCABULARY, text)
    assert len(str(caught.value).splitlines()) == 3


def test_a_lane_does_not_start_from_nothing():
    """A model that knows the key only after a newline: a lane in the middle of the text has one before it."""
    parameters = keeper()
    newline = VOCABULARY.symbols.index("\n")
    parameters["recurrent.weight_ih_l0"][15, newline] = 20.0  # a unit that says: something was read before
    parameters["recurrent.weight_hh_l0"][15, 15] = 3.0
    for symbol in KEYS:
        parameters["recurrent.weight_ih_l0"][: len(KEYS), VOCABULARY.symbols.index(symbol)] -= 40.0
    parameters["recurrent.weight_hh_l0"][: len(KEYS), 15] = 40.0
    one_lane = score_recall(LanguageModel(SMALL, parameters), VOCABULARY, TEXT, lanes=1)
    assert one_lane.accuracy < 1  # the text's first line
    assert score_recall(LanguageModel(SMALL, parameters), VOCABULARY, TEXT, lanes=50).accuracy == one_lane.accuracy
