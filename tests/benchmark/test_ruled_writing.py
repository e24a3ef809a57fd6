"""What is timed under a rule obeys it, and draws as many characters as are counted."""

import sys

import numpy as np
import pytest

from charlm.benchmark import ruled_writing
from charlm.benchmark.rules import RULES
from charlm.benchmark.workload import VOCAB_SIZE
from charlm.config.settings import ModelSettings
from charlm.errors import UsageError
from charlm.randomness import sample_stream
from charlm.sampling.loop.generation import generate, read

SETTINGS = ModelSettings(num_layers=1, hidden_size=8)
LENGTH = 300


@pytest.fixture(scope="module")
def text():
    """A text that needs not be built: Alice's Adventures in Wonderland."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ruled_writing, "TEXT", "alice")
        return ruled_writing.open_text()


def drawn(text, setting, streams=1, length=LENGTH):
    """The ids of each stream that are drawn under the setting."""
    model, (decoding, masks) = text.stepper(SETTINGS), text.way(setting, length)
    found = {number: [] for number in range(streams)}
    random_streams = [sample_stream(1, number) for number in found]
    for round_ in generate(model, read(model, [0]), decoding, length, random_streams, masks=masks):
        for number, ids in round_.ids.items():
            found[number] += ids
    return list(found.values())


def written(text, setting):
    return text.vocabulary.decode(drawn(text, setting)[0])


@pytest.mark.parametrize("rule", RULES)
def test_no_text_ends_before_its_length(text, rule):
    assert [len(ids) for ids in drawn(text, RULES[rule], streams=3, length=90)] == [90] * 3


def test_the_model_writes_characters_as_often_as_the_text_has_them(text):
    assert text.vocabulary.size == VOCAB_SIZE
    (ids,) = drawn(text, {"temperature": 1.0}, length=6000)
    shares = np.bincount(ids, minlength=VOCAB_SIZE) / len(ids)
    assert np.abs(shares - np.bincount(text.ids) / len(text.ids)).max() < 0.03
    space = text.vocabulary.symbols.index(" ")
    assert shares.argmax() == space


def test_a_constraint_is_obeyed(text):
    assert set(written(text, {"only": "aeiou \\n"})) <= set("aeiou \n")
    lines = written(text, {"regex": "([^\\n]{0,5}\\n)+"})
    assert max(map(len, lines.split("\n"))) == 5


def test_a_limit_on_copies_is_obeyed(text):
    free, held = drawn(text, {})[0], drawn(text, {"max_copy": 3})[0]
    assert text.verbatim.longest_run(free) > text.verbatim.longest_run(held) == 3


def test_rules_of_decoding_are_obeyed(text):
    assert len(set(written(text, {"top_k": 2}))) <= 2 < len(set(written(text, {})))
    repeating = written(text, {"no_repeat": 3})
    assert len({repeating[at : at + 3] for at in range(LENGTH - 2)}) == LENGTH - 2


def test_a_missing_package_is_named(text, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydivsufsort", None)
    fresh = ruled_writing.WrittenText(text.vocabulary, text.ids)
    with pytest.raises(UsageError, match="needs pydivsufsort") as raised:
        fresh.way(RULES["max_copy"], LENGTH)
    assert "constrain" in raised.value.remedy
