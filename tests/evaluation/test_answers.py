"""Scores of answers alone: against the nats of each character, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.evaluation.answers import by_length, of_all, score_answers
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import score_ids, score_text
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.probabilities import target_nats
from charlm.text.records.answers import Scored
from charlm.text.vocabulary import Vocabulary

LINES = ["ab>ab", "c>cc", "abc>c", "b>bbbbb", "a>c"]
TEXT = "".join(f"{line}\n" for line in LINES)


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.of(TEXT)


@pytest.fixture(scope="module")
def model(vocabulary):
    settings = ModelSettings(cell="lstm", num_layers=1, hidden_size=8)
    return LanguageModel(settings, initial_parameters(settings, vocabulary.size, np.random.default_rng(0)))


@pytest.mark.parametrize("end", [True, False])
def test_each_answer_is_scored_after_its_question(model, vocabulary, end):
    ids = vocabulary.encode(TEXT).ids
    scored = Scored(vocabulary.symbols.index(">"), end)
    found = score_answers(model, ids, vocabulary.newline, scored)
    for number, line in enumerate(LINES):
        line_ids = vocabulary.encode(f"\n{line}\n").ids.astype(np.int64)
        logits, _ = model.forward(line_ids[:-1, None], model.fresh_state(1))
        begin, stop = line.index(">") + 1, len(line) + end
        logits, wanted = logits[begin:stop, 0], line_ids[begin + 1 : stop + 1]
        assert found.nats[number] == pytest.approx(target_nats(logits, wanted).sum(), rel=1e-5)
        assert found.symbols[number] == stop - begin
        assert found.right[number] == (logits.argmax(-1) == wanted).all()
    whole = score_ids(NumpyScorer(model), ids, vocabulary.newline, scored)
    assert whole.nats == pytest.approx(found.nats.sum())
    assert whole.characters == found.symbols.sum()


def test_bytes_are_those_of_the_answers(model, vocabulary):
    scored = Scored(vocabulary.symbols.index(">"))
    found = score_text(NumpyScorer(model), vocabulary.encode(TEXT).ids, vocabulary, vocabulary.newline, scored=scored)
    assert found.bytes == found.score.characters == sum(len(line.split(">")[1]) + 1 for line in LINES)


def test_means_by_length_add_up_to_that_of_all(model, vocabulary):
    scored = Scored(vocabulary.symbols.index(">"))
    found = score_answers(model, vocabulary.encode(TEXT).ids, vocabulary.newline, scored)
    every = of_all(found, scored, optimum=np.arange(5.0))
    rows = by_length(found, scored, optimum=np.arange(5.0))
    assert [(row.low, row.records) for row in rows] == [(1, 2), (2, 2), (5, 1)]
    assert sum(row.bits * row.records for row in rows) == pytest.approx(5 * every.bits)
    assert every.optimum == 2
    assert [(row.low, row.high) for row in by_length(found, scored, most=2)] == [(1, 2), (5, 5)]
