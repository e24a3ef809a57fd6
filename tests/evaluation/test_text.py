"""The score of a text with an unknown symbol, computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from charlm.config.settings import ModelSettings
from charlm.evaluation.charging import CODE_POINTS, name_nats
from charlm.evaluation.scorers import NumpyScorer
from charlm.evaluation.text import count_unknown, name_unknown, score_text
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.text.vocabulary import UNKNOWN, Vocabulary

TEXT = "a日bb本abba日"


def model_of(vocabulary):
    settings = ModelSettings(hidden_size=8, num_layers=1)
    return LanguageModel(settings, initial_parameters(settings, vocabulary.size, np.random.default_rng(0)))


def nats_of_targets(model, ids):
    logits, _ = model.forward(ids[:-1, None].astype(np.int64), model.fresh_state(1))
    logits = logits[:, 0].astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(ids) - 1), ids[1:]]).sum())


@pytest.mark.parametrize("policy", ["skip", "charge", "nearest"])
def test_an_unknown_character_costs_the_unknown_symbol_and_its_name(policy):
    vocabulary = Vocabulary((UNKNOWN, "a", "b"))
    model = model_of(vocabulary)
    encoded = vocabulary.encode(TEXT, "skip" if policy == "charge" else policy)
    found = score_text(NumpyScorer(model), encoded.ids, vocabulary, None, policy, encoded.unknown)
    names = 3 * math.log(CODE_POINTS - 2)
    assert found.score.nats == pytest.approx(nats_of_targets(model, encoded.ids) + names, rel=1e-6)
    assert found.known.nats == pytest.approx(found.score.nats - names)
    assert (found.score.characters, found.charged, found.unknown) == (9, 3, 3)
    assert found.charged_bits == pytest.approx(names / math.log(2))
    assert found.bytes == len(TEXT.encode()) - 1


def test_the_first_character_of_a_stream_costs_nothing():
    vocabulary = Vocabulary((UNKNOWN, "a", "b"))
    encoded = vocabulary.encode("日ab", "skip")
    found = score_text(NumpyScorer(model_of(vocabulary)), encoded.ids, vocabulary, None, "skip", encoded.unknown)
    assert (found.charged, found.bytes) == (0, 2)


@pytest.mark.parametrize(("unit", "cost"), [("character", CODE_POINTS - 2), ("grapheme", 2 * CODE_POINTS)])
def test_a_part_of_a_text_has_its_share_of_the_names(unit, cost):
    vocabulary = Vocabulary((UNKNOWN, "a", "b"), unit)
    encoded = vocabulary.encode(TEXT, "skip")
    known = score_text(NumpyScorer(model_of(vocabulary)), encoded.ids, vocabulary, None, "skip", {}).known
    assert name_unknown(known, encoded.ids[:3], vocabulary, encoded.unknown).nats == pytest.approx(
        known.nats + math.log(cost)
    )
    assert count_unknown(encoded.ids, vocabulary) == 3


def test_a_cluster_is_named_code_point_by_code_point():
    vocabulary = Vocabulary(("a",), "grapheme")
    assert name_nats(vocabulary, {"e\u0301": 1}) == pytest.approx(2 * math.log(2 * CODE_POINTS))
    assert name_nats(vocabulary, {"e\u0301": 1, "日": 3}) == pytest.approx(1.25 * math.log(2 * CODE_POINTS))


def test_a_model_that_knows_fewer_characters_never_looks_better():
    """With the best probabilities that a model without memory can have, for the text that it is scored on."""
    text = "".join(chr(0x4E00 + n % 7) * (n % 5 + 1) for n in range(300)) + "".join(chr(0x5000 + n) for n in range(40))
    counts = {one: text.count(one) for one in set(text)}

    def bits(least):
        vocabulary = Vocabulary.of_counts(counts, min_count=least)
        encoded = vocabulary.encode(text, "skip")
        shares = np.bincount(encoded.ids, minlength=vocabulary.size) / len(text)
        own = -np.log(shares[encoded.ids]).sum()
        return own + count_unknown(encoded.ids, vocabulary) * name_nats(vocabulary, encoded.unknown)

    assert bits(1) < bits(2) < bits(130)
