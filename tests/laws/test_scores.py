"""Scores are exact: for any windows, lanes and engine, they equal the score of one stream read in order."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.evaluation import scoring
from charlm.evaluation.scorers import NumpyScorer, TorchScorer
from charlm.evaluation.scoring import score_stream
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import State
from charlm.model.stepping import DefinitionStepper
from charlm.text.lanes import NO_TARGET

V = 11
LENGTH = 300  # characters of a text that every cell reads
every_cell = pytest.mark.parametrize("cell", CELLS)


def model(cell, hidden_size=12, scale=1.0):
    settings = ModelSettings(cell=cell, hidden_size=hidden_size, num_layers=2)
    parameters = initial_parameters(settings, V, np.random.default_rng(0))
    parameters["head.weight"] = parameters["head.weight"] * 2  # predictions that depend on the state
    return settings, {name: value * np.float32(scale) for name, value in parameters.items()}


def text(length, seed=1):
    return np.random.default_rng(seed).integers(0, V, length).astype(np.uint8)


@cache
def expected(cell):
    """Nats of the text of LENGTH characters."""
    return one_by_one(*model(cell), text(LENGTH))


def one_by_one(settings, parameters, ids):
    """The nats of a text, from a stepper that reads one character after another, summed in float64."""
    stepper = DefinitionStepper(LanguageModel(settings, parameters))
    state, nats = stepper.fresh(1), 0.0
    for before, after in zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True):
        logits, state = stepper.step(np.array([before]), state)
        scores = logits[0].astype(np.float64)
        nats += float(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[after])
    return nats


@every_cell
def test_a_score_equals_that_of_one_stream_read_in_order(cell):
    settings, parameters = model(cell)
    score = score_stream(NumpyScorer(LanguageModel(settings, parameters)), text(LENGTH))
    assert score.characters == LENGTH - 1
    assert abs(score.nats - expected(cell)) / (LENGTH - 1) / math.log(2) < 1e-6


@every_cell
@pytest.mark.parametrize(("lanes", "window"), [(1, 7), (64, 16), (5, 33), (3, 5000)])
def test_a_score_is_independent_of_lanes_and_windows(cell, lanes, window):
    settings, parameters = model(cell)
    score = score_stream(NumpyScorer(LanguageModel(settings, parameters)), text(LENGTH), lanes, window)
    assert abs(score.nats - expected(cell)) / (LENGTH - 1) / math.log(2) < 1e-6


def test_a_score_does_not_depend_on_how_many_states_are_remembered(monkeypatch):
    """Those of a cell with a large state are too large for 64 of them."""
    monkeypatch.setattr(scoring, "REMEMBERED_BYTES", 1)
    settings, parameters = model("gated_delta")
    score = score_stream(NumpyScorer(LanguageModel(settings, parameters)), text(LENGTH))
    assert abs(score.nats - expected("gated_delta")) / (LENGTH - 1) / math.log(2) < 1e-6


@every_cell
@pytest.mark.parametrize("part", [64, 96])
def test_a_long_text_in_parts_has_the_score_of_one_stream(cell, part, monkeypatch):
    monkeypatch.setattr(scoring, "PART", part)
    settings, parameters = model(cell)
    score = score_stream(NumpyScorer(LanguageModel(settings, parameters)), text(LENGTH), 4, 8)
    assert score.characters == LENGTH - 1
    assert abs(score.nats - expected(cell)) / (LENGTH - 1) / math.log(2) < 1e-6


def test_a_text_that_is_read_as_one_stream_comes_in_parts_too(monkeypatch):
    monkeypatch.setattr(scoring, "LONG", 100)
    monkeypatch.setattr(scoring, "PART", 64)
    monkeypatch.setattr(scoring, "LARGEST_GROUP", 1)
    monkeypatch.setattr(scoring, "forgets", lambda scorer, ids: False)
    settings, parameters = model("lstm97")
    parts = list(scoring.stream_parts(NumpyScorer(LanguageModel(settings, parameters)), text(LENGTH)))
    assert [part.size for part in parts] == [64, 64, 64, 64, 43]
    total = sum(float(part.sum(dtype=np.float64)) for part in parts)
    assert abs(total - expected("lstm97")) / (LENGTH - 1) / math.log(2) < 1e-6


@every_cell
def test_both_engines_agree(cell):
    settings, parameters = model(cell)
    tensors = {name: torch.tensor(value) for name, value in parameters.items()}
    one = score_stream(NumpyScorer(LanguageModel(settings, parameters)), text(LENGTH))
    other = score_stream(TorchScorer(LanguageModel(settings, tensors)), text(LENGTH))
    assert abs(one.bits_per_character - other.bits_per_character) < 1e-6


@pytest.mark.parametrize("length", [2, 3, 5, 127, 128, 129, 130, 255, 256, 257, 8191, 8193])
def test_every_character_after_the_first_is_scored_once_for_any_length(length):
    settings, parameters = model("rnn", hidden_size=4)
    ids = text(length)
    score = score_stream(NumpyScorer(LanguageModel(settings, parameters)), ids, scoring.LANES)
    assert score.characters == length - 1
    assert score.nats == pytest.approx(one_by_one(settings, parameters, ids), abs=1e-6 * length)


class Counting:
    """A scorer whose state never forgets: the nats of a character are its position in the text.

    The guessed states of lanes stay wrong to their ends, so all lanes must be read again.
    """

    def __init__(self) -> None:
        self.read = 0

    def fresh(self, rows: int) -> State:
        return (CELLS["rnn"].STATE(np.zeros((rows, 1))),)

    def nats(self, inputs, targets, state):
        self.read += inputs.size
        counts = state[0].h[:, 0] + np.arange(1, inputs.shape[0] + 1)[:, None]
        values = np.where(targets == NO_TARGET, 0.0, counts)
        return values, (CELLS["rnn"].STATE(state[0].h + inputs.shape[0]),)


@pytest.mark.parametrize("lanes", [1, 2, 3, 8, 64])
def test_a_model_that_never_forgets_is_scored_exactly_and_read_three_times_at_most(lanes):
    length, scorer = 1001, Counting()
    score = score_stream(scorer, text(length), lanes=lanes, window=4)
    assert score.nats == sum(range(1, length))
    assert scorer.read <= 3.1 * length  # the last lanes may be longer than the text


class Fading:
    """A scorer with a memory of how long the text is, which fades slowly: by 0.15 % a character. At the end of a lane
    of 4,096 characters, a wrong start still shows in it, and hardly in the nats."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def fresh(self, rows: int) -> State:
        return (CELLS["rnn"].STATE(np.zeros((rows, 1))),)

    def nats(self, inputs, targets, state):
        self.rows.append(inputs.shape[1])
        left = 0.9985 ** np.arange(1, len(inputs) + 1)[:, None]
        memory = 1 - left * (1 - state[0].h[:, 0])
        return np.where(targets == NO_TARGET, 0.0, 1 + 0.001 * memory), (CELLS["rnn"].STATE(memory[-1][:, None]),)


def test_a_memory_that_hardly_matters_is_not_read_lane_after_lane():
    length = 7 * 4096 + 1
    ids, one, many = text(length), Fading(), Fading()
    wanted = score_stream(one, ids, lanes=1).nats
    assert score_stream(many, ids, lanes=7).nats == pytest.approx(wanted, abs=1e-6 * length)
    assert min(many.rows) > 1
    assert sum(rows * scoring.WINDOW for rows in many.rows) <= 3 * length


def test_lanes_are_long():
    """A network that needs a thousand characters to forget would otherwise be read again and again."""
    assert [scoring.lanes_of(length) for length in (1, scoring.LANE, 111_540, 10**6)] == [1, 1, 18, 64]


def test_a_uniform_model_scores_log2_of_the_vocabulary():
    settings, parameters = model("lstm")
    parameters["head.weight"] = parameters["head.weight"] * 0
    score = score_stream(NumpyScorer(LanguageModel(settings, parameters)), text(5000))
    assert score.bits_per_character == pytest.approx(math.log2(V), abs=1e-6)
    assert score.perplexity == pytest.approx(V, rel=1e-6)


def test_a_bigram_model_scores_what_its_counts_give():
    """A saturated rnn without recurrent weights is a table of bigrams, which is in its head."""
    ids = np.array([0, 1, 0, 1, 1, 0, 1, 0])
    counts = np.array([[0, 3], [3, 1]])  # after 0: three times 1; after 1: three times 0, once 1
    table = (counts + 1) / (counts + 1).sum(axis=1, keepdims=True)  # add one, so that no probability is zero
    expected = -sum(math.log(table[a, b]) for a, b in itertools.pairwise(ids))

    settings = ModelSettings(cell="rnn", hidden_size=2, num_layers=1)
    parameters = {
        "embedding.weight": np.eye(2, dtype=np.float32),
        "recurrent.weight_ih_l0": 200 * np.eye(2, dtype=np.float32),
        "recurrent.weight_hh_l0": np.zeros((2, 2), np.float32),
        "recurrent.bias_ih_l0": np.full(2, -100, np.float32),
        "recurrent.bias_hh_l0": np.zeros(2, np.float32),
        # h is (1, -1) after 0 and (-1, 1) after 1: half the difference of the rows, and half their sum
        "head.weight": ((np.log(table[0]) - np.log(table[1])) / 4)[:, None] * np.array([[1, -1]], np.float32),
        "head.bias": ((np.log(table[0]) + np.log(table[1])) / 2).astype(np.float32),
    }
    parameters["head.weight"] = parameters["head.weight"].astype(np.float32)
    assert score_stream(NumpyScorer(LanguageModel(settings, parameters)), ids).nats == pytest.approx(expected, abs=1e-5)
