"""Greedy and beam: what is written does not depend on what else is converted, and a beam of 1 is greedy."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pair_models import model_of

from charlm.engines.choosing import run_with_numpy
from charlm.pairs import converting
from charlm.pairs.converting import Converter
from charlm.pairs.pair_text import pairs_of_texts
from charlm.pairs.scoring import pair_nats
from charlm.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(("\t", "\n", "a", "b", "c", "d", "e"))
SOURCES = ["ab", "cdeab", "e", "ab", "bbb", "dedededed"]


def converter_of(seed=1, **pairs):
    return Converter(model_of({"kind": "attending", **pairs}, seed), VOCABULARY, run_with_numpy)


@pytest.mark.parametrize("seed", range(4))
def test_a_beam_of_one_is_greedy(seed):
    converter = converter_of(seed)
    greedy = converter.greedy(SOURCES)
    beam = converter.beam(SOURCES, 1)
    assert [each.text for each in greedy] == [each[0].text for each in beam]
    for one, (other,) in zip(greedy, beam, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-5)
        assert one.ended == other.ended


@pytest.mark.parametrize("width", [1, 3])
def test_many_sources_are_converted_as_each_would_be_alone(width, monkeypatch):
    converter = converter_of()
    whole = converter.beam(SOURCES, width) if width > 1 else [[each] for each in converter.greedy(SOURCES)]
    monkeypatch.setattr(converting, "TOGETHER", 1)
    for source, found in zip(SOURCES, whole, strict=True):
        alone = converter.beam([source], width)[0] if width > 1 else converter.greedy([source])
        assert [each.text for each in alone] == [each.text for each in found]


def test_a_wide_beam_finds_the_likeliest_target_and_its_probability(monkeypatch):
    """Of targets of at most two characters, all can be compared."""
    monkeypatch.setattr(converting, "LONGEST", 2)
    monkeypatch.setattr(converting, "FACTOR", 0)
    model = model_of({"kind": "encoder"})
    converter = Converter(model, VOCABULARY, run_with_numpy)
    found = [each for each in converter.beam(["ab"], 200)[0] if each.ended]
    texts = [text for length in (1,) for text in map("".join, itertools.product("abcde", repeat=length))]
    nats = pair_nats(model, pairs_of_texts([("ab", text) for text in texts], VOCABULARY), VOCABULARY, run_with_numpy)
    best = [each for each in found if len(each.text) == 1]
    assert sorted(each.text for each in best) == sorted(texts)
    assert best[0].text == texts[int(nats.argmin())]
    # the tab is never written, so what is left is a little likelier
    assert all(-each.log_probability <= nats[texts.index(each.text)] + 1e-6 for each in best)
    assert np.exp([each.log_probability for each in converter.beam(["ab"], 200)[0]]).sum() == pytest.approx(1, abs=1e-5)


def test_targets_come_with_the_likeliest_first_and_differ():
    for found in converter_of().beam(SOURCES, 5):
        values = [each.log_probability for each in found]
        assert values == sorted(values, reverse=True)
        assert len({(each.text, each.ended) for each in found}) == len(found) == 5


def test_what_does_not_end_is_cut_off_and_says_so():
    model = model_of({"kind": "encoder"}).without_writing([VOCABULARY.symbols.index("\n")])
    found = Converter(model, VOCABULARY, run_with_numpy).greedy(["ab"])[0]
    assert len(found.text) == converting.LONGEST + 2 * converting.FACTOR
    assert not found.ended
