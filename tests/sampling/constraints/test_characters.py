"""Character classes and UTF-8 as automata: each against what Python says of the same text."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from charlm.errors import UsageError
from charlm.sampling.constraints.characters import POINTS, class_automaton, of_points, points_matching, valid_utf8
from charlm.sampling.constraints.word_lists import known_words, words_automaton
from charlm.text.vocabulary import Vocabulary

BYTES = Vocabulary(tuple(map(chr, range(256))), "byte")
LETTERS = Vocabulary.of("abcdeé]-^[ ,.'\n€")


@given(some.binary(max_size=6) | some.text(max_size=4).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(deadline=None, max_examples=150)
def test_law_valid_utf8_is_what_python_decodes(data):
    try:
        data.decode()
        valid = True
    except UnicodeDecodeError:
        valid = False
    assert valid_utf8(BYTES).accepts(list(data)) == valid


@given(some.text(alphabet="abdé€\U0001f3bb\n", max_size=5))
@settings(deadline=None, max_examples=100)
def test_law_a_class_in_bytes_accepts_its_characters_alone(text):
    found = _class_in_bytes()
    assert found.accepts(list(text.encode())) == (re.fullmatch("[^a-cé]*", text) is not None)


def _class_in_bytes(kept=[]):  # noqa: B006 - made once, since it takes a third of a second
    if not kept:
        kept.append(class_automaton("^a-cé", BYTES))
    return kept[0]


@pytest.mark.parametrize(
    ("characters", "written"),
    [
        ("a-c", "abc"),
        ("a-c ,.'", "abc ,.'"),
        ("^a-é", "€"),
        ("]a", "]a"),
        ("[a]", "[]a"),
        (r"\]\-", "]-"),
        ("-a", "-a"),
        (r"\n", "\n"),
        (r"\w", "abcdeé"),
    ],
)
def test_a_class_is_as_between_the_brackets_of_a_pattern(characters, written):
    found = class_automaton(characters, LETTERS)
    allowed = {LETTERS.symbols[number] for number in np.flatnonzero(found.table[0] >= 0)}
    assert allowed == set(written) or characters == "^a-é"
    assert allowed >= set(written)


@pytest.mark.parametrize(
    ("characters", "what"), [("z-a", "no character class"), ("Ж", "knows no character"), ("", "no character class")]
)
def test_a_class_of_nothing_is_refused(characters, what):
    with pytest.raises(UsageError, match=what):
        class_automaton(characters, LETTERS)


def test_utf8_is_for_bytes():
    with pytest.raises(UsageError, match="for models of bytes"):
        valid_utf8(LETTERS)
    with pytest.raises(UsageError, match="no whole character"):
        valid_utf8(Vocabulary(("\x80", "\xff"), "byte"))


def test_a_cluster_is_in_a_class_if_all_of_it_is():
    clusters = Vocabulary(("a", "e\u0301"), "grapheme")
    assert not class_automaton("a-z", clusters).accepts([1])
    assert class_automaton("a-z\u0301", clusters).accepts([1])


def test_code_points_without_bytes_give_nothing():
    assert of_points(np.zeros(POINTS, bool), BYTES) is None
    assert points_matching(re.compile("[a]")).sum() == 1


# --- lists of words ---

WORDS = ["ab", "abc", "b", "d-e", "né"]
SPELLED = Vocabulary.of("abcden-é ,.\n")


def slow(text, words=WORDS):
    """Whether the text is words with something between them that is in no word and is no letter."""
    return all(word in words for word in re.split(r"[ ,.\n]+", text) if word)


@given(some.text(alphabet="abcdn-é ,", max_size=8) | some.lists(some.sampled_from(WORDS)).map(", ".join))
@settings(deadline=None, max_examples=150)
def test_law_a_text_is_accepted_if_every_word_is_in_the_list(text):
    assert words_automaton(WORDS, SPELLED).accepts(SPELLED.encode(text).ids) == slow(text)


@given(some.text(alphabet="abné €", max_size=6) | some.lists(some.sampled_from(WORDS)).map("€ ".join))
@settings(deadline=None, max_examples=100)
def test_law_the_same_in_bytes(text):
    found = _words_in_bytes()
    assert found.accepts(list(text.encode())) == slow(text.replace("€", " "))


def _words_in_bytes(kept=[]):  # noqa: B006 - made once
    if not kept:
        kept.append(words_automaton(WORDS, BYTES))
    return kept[0]


def test_words_that_the_model_cannot_write_are_left_out():
    assert known_words(["ab", "Ж", "ab", "né"], SPELLED) == ["ab", "né"]
    with pytest.raises(UsageError, match="no word"):
        words_automaton([], SPELLED)


def test_too_many_words_are_refused(monkeypatch):
    monkeypatch.setattr("charlm.sampling.constraints.automaton.MOST_CELLS", 40)
    with pytest.raises(UsageError, match="5 words are too many"):
        words_automaton(WORDS, SPELLED)
