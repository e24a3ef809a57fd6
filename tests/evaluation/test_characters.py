"""The nats of each character are those that a score adds up, in their places."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.evaluation.characters import score_characters
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import score_text
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stepping import DefinitionStepper
from charlm.text.vocabulary import Vocabulary

WORDS = "ada\nbob\n\ncharlotte and a line that is far longer than the windows are, so that it is read in several\nda"


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.of(WORDS)


def model_of(vocabulary):
    settings = ModelSettings(hidden_size=12, num_layers=2)
    parameters = initial_parameters(settings, vocabulary.size, np.random.default_rng(0))
    parameters["head.weight"] = parameters["head.weight"] * 4
    return LanguageModel(settings, parameters)


def one_by_one(model, ids, end):
    """The nats of each id but the first; with an end, from a fresh state after each."""
    stepper = DefinitionStepper(model)
    state, nats = stepper.fresh(1), []
    before = ids[0] if end is None else end
    for after in ids[1:].tolist() if end is None else ids.tolist():
        if end is not None and before == end:
            state = stepper.fresh(1)
        logits, state = stepper.step(np.array([before]), state)
        scores = logits[0].astype(np.float64)
        nats.append(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[after])
        before = after
    return np.array(nats)


def test_of_a_running_text_each_character_has_its_nats(vocabulary):
    model = model_of(vocabulary)
    ids = vocabulary.encode(WORDS * 20).ids
    found = score_characters(NumpyScorer(model), ids, vocabulary, None)
    assert np.isnan(found.nats[0])
    assert np.allclose(found.nats[1:], one_by_one(model, ids, None), atol=1e-4)
    assert_is_the_score(found, model, ids, vocabulary, None)


def assert_is_the_score(found, model, ids, vocabulary, end, unknown=None):
    score = score_text(NumpyScorer(model), ids, vocabulary, end, unknown=unknown).score
    assert found.score.characters == score.characters
    assert found.score.nats == pytest.approx(score.nats, rel=1e-9)
    lines = found.lines(vocabulary.newline)
    assert lines.nats.sum() == pytest.approx(score.nats, rel=1e-9)
    assert lines.characters.sum() == score.characters


def test_of_records_each_character_has_its_nats_from_a_fresh_state(vocabulary):
    """The last record has no end in the text: it gets one. The end of an empty line is not scored."""
    model, end = model_of(vocabulary), vocabulary.newline
    ids = vocabulary.encode(WORDS * 20).ids
    found = score_characters(NumpyScorer(model), ids, vocabulary, end)
    whole = np.append(ids, end)
    expected = one_by_one(model, whole, end)
    empty = (whole == end) & (np.append(end, ids) == end)
    assert (np.isnan(found.nats) == empty).all()
    assert np.allclose(found.nats[~empty], expected[~empty], atol=1e-4)
    assert_is_the_score(found, model, ids, vocabulary, end)


@pytest.mark.parametrize("records", [False, True])
def test_an_unknown_symbol_costs_its_name(records):
    vocabulary = Vocabulary(("", *Vocabulary.of(WORDS).symbols))
    encoded = vocabulary.encode(WORDS * 3 + "xyz é\n" + WORDS, "skip")
    model, end = model_of(vocabulary), vocabulary.newline if records else None
    found = score_characters(NumpyScorer(model), encoded.ids, vocabulary, end, encoded.unknown)
    assert_is_the_score(found, model, encoded.ids, vocabulary, end, encoded.unknown)


def test_lines_are_ranked_by_their_mean_and_by_their_excess(vocabulary):
    model = model_of(vocabulary)
    ids = vocabulary.encode(WORDS * 5).ids
    lines = score_characters(NumpyScorer(model), ids, vocabulary, None).lines(vocabulary.newline)
    assert [vocabulary.decode(ids[a:b]) for a, b in zip(lines.starts, lines.stops, strict=True)] == (
        WORDS * 5
    ).splitlines(keepends=True)
    assert lines.excess.sum() == pytest.approx(0, abs=1e-6)
    for order, values in (("excess", lines.excess), ("mean", lines.means)):
        ranked = lines.ranked(order)
        assert sorted(ranked) == list(range(len(lines.starts)))
        assert (np.diff(values[ranked]) <= 0).all()
    assert list(lines.ranked("text")) == list(range(len(lines.starts)))


def test_a_text_without_line_ends_is_one_line(vocabulary):
    ids = vocabulary.encode("adabob").ids
    found = score_characters(NumpyScorer(model_of(vocabulary)), ids, vocabulary, None)
    assert len(found.lines(None).starts) == len(found.lines(vocabulary.newline).starts) == 1
