"""Patterns as automata: what they accept is what Python's re matches as a whole, and the others are refused."""

import re

import pytest
from compiled import compiled_here
from hypothesis import given, settings
from hypothesis import strategies as some

from charlm.errors import UsageError
from charlm.sampling.constraints import patterns as made
from charlm.sampling.constraints.compiling import built
from charlm.sampling.constraints.patterns import pattern_automaton
from charlm.text.vocabulary import Vocabulary

pytest.importorskip("outlines_core", reason="the extra constrain")

LETTERS = Vocabulary.of("abcxyz019 -.\nAB:é")
BYTES = Vocabulary(tuple(map(chr, range(256))), "byte")
CLUSTERS = Vocabulary(("a", "b", "e", "e\u0301"), "grapheme")

atoms = some.sampled_from(["a", "b", "c", "[ab]", "[^a\n]", ".", r"\d", "é", "x"])
patterns = some.recursive(
    atoms,
    lambda inner: (
        some.tuples(inner, inner).map("".join)
        | some.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})")
        | some.tuples(inner, some.sampled_from(["*", "+", "?", "*?", "+?", "{2}", "{1,3}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        )
    ),
    max_leaves=6,
)
written = some.text(alphabet="abcx01 \né", max_size=6)


@compiled_here()
@given(patterns, some.lists(written, min_size=1, max_size=8))
@settings(deadline=None, max_examples=300)
def test_law_an_automaton_accepts_what_the_pattern_matches_as_a_whole(pattern, texts):
    try:
        found = pattern_automaton(pattern, LETTERS)
    except UsageError:
        assert all(re.fullmatch(pattern, text) is None for text in texts if text)
        return
    for text in texts:
        matches = re.fullmatch(pattern, text) is not None
        assert found.accepts(LETTERS.encode(text).ids.tolist()) == matches, (pattern, text)


@compiled_here()
@given(patterns, some.lists(written, min_size=1, max_size=5))
@settings(deadline=None, max_examples=60)
def test_law_the_same_for_the_bytes_of_a_text(pattern, texts):
    try:
        found = pattern_automaton(pattern, BYTES)
    except UsageError:
        return
    for text in texts:
        assert found.accepts(list(text.encode())) == (re.fullmatch(pattern, text) is not None), (pattern, text)


def test_the_first_alternative_does_not_hide_a_longer_one():
    found = pattern_automaton("a|ab|a+?c", LETTERS)
    assert [found.accepts(LETTERS.encode(text).ids) for text in ("a", "ab", "aaac", "aa")] == [True, True, True, False]


@pytest.mark.parametrize("pattern", ["^ab$", "ab$", "^ab", "ab"])
def test_the_beginning_and_the_end_may_be_marked(pattern):
    assert pattern_automaton(pattern, LETTERS).accepts(LETTERS.encode("ab").ids)


def test_a_way_that_needs_unknown_characters_is_left_out():
    found = pattern_automaton("a(bü|c)|(ü|x)y", LETTERS)
    assert [found.accepts(LETTERS.encode(text).ids) for text in ("ac", "ab", "xy")] == [True, False, True]


def test_a_cluster_is_one_symbol():
    assert pattern_automaton("[ae\u0301]{3}", CLUSTERS).accepts([0, 3])
    assert not pattern_automaton("[ae]{1,2}", CLUSTERS).accepts([3])


def test_bytes_that_the_model_lacks_are_no_way_either():
    ascii_alone = Vocabulary(tuple(map(chr, range(128))), "byte")
    assert pattern_automaton("[aé]", ascii_alone).accepts([97])
    with pytest.raises(UsageError, match="needs 'é'"):
        pattern_automaton("aé", ascii_alone)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("(?=a)b", "look-around or a back-reference"),
        ("(?<!a)b", "look-around or a back-reference"),
        (r"(a)\1", "look-around or a back-reference"),
        (r"\bab", r"such as \\b or \^"),
        ("(", "no regular expression: missing"),
        ("a)|(b", "unbalanced parenthesis"),
        ("[", "no regular expression"),
        ("a$b", "No text matches the pattern"),
        ("ü", "needs 'ü', which the model does not know"),
        ("a(ü|ö)+Q", "needs '[üö]' and 'Q'|needs '[üöQ]'"),
        ("", "only the empty text"),
        ("(?:a(?:b(?!c)))", "look-around"),
    ],
)
def test_what_no_text_can_match_is_refused_and_says_why(pattern, what):
    with pytest.raises(UsageError, match=what) as caught:
        pattern_automaton(pattern, LETTERS)
    assert caught.value.remedy


def test_a_pattern_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr("charlm.sampling.constraints.patterns.LONGEST_WAIT", 0.001)
    with pytest.raises(UsageError, match="too many states"):
        pattern_automaton(r"[ab]*a[ab]{12}", LETTERS)


def test_a_pattern_that_takes_too_much_memory_is_given_up(monkeypatch):
    monkeypatch.setattr(made, "MOST_MEMORY", 2**26)
    with pytest.raises(UsageError, match="too many states"):
        pattern_automaton(r"[ab]*a[ab]{16}", LETTERS)
    assert pattern_automaton(r"[ab]*a[ab]{3}", LETTERS).accepts(LETTERS.encode("abab").ids)


def test_an_automaton_with_too_many_states_is_given_up(monkeypatch):
    monkeypatch.setattr(made, "MOST_CELLS", 200)
    with pytest.raises(UsageError, match="too many states"):
        pattern_automaton("[ab]{40}", LETTERS)


def test_what_is_compiled_apart_is_what_is_compiled_here():
    tokens = [b"a", b"b", made.END.encode()]
    for pattern in (f"(?:a|ab*){made.END}", "(", "(?=a)"):
        assert made._built_apart(pattern, tokens) == built(pattern, tokens, made.MOST_CELLS)


def test_parentheses_in_classes_and_escapes_are_characters():
    vocabulary = Vocabulary.of("()[]a")
    for pattern, text in (("[)]a", ")a"), (r"\)a", ")a"), ("[]a)]{2}", "])"), ("[^)]", "(")):
        assert pattern_automaton(pattern, vocabulary).accepts(vocabulary.encode(text).ids), pattern


def test_without_outlines_core_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "outlines_core", None)
    with pytest.raises(UsageError, match="needs outlines-core") as caught:
        pattern_automaton("a", LETTERS)
    assert "pip install 'charlm-rnn[constrain]'" in caught.value.remedy
