"""Constraints in generation: every text is accepted as a whole, whatever the model, the rules and the length."""

import math
import re

import numpy as np
import pytest
from compiled import compiled_here
from hypothesis import given, settings
from hypothesis import strategies as some
from tables import Bigrams, alone, random_table, together

from charlm.errors import UsageError
from charlm.randomness import sample_stream
from charlm.sampling.constraints.constraining import Asked, make_constraint
from charlm.sampling.constraints.costs import cost
from charlm.sampling.loop.generation import generate, read
from charlm.sampling.loop.masks import Masks
from charlm.sampling.rules.decoding import Decoding
from charlm.text.vocabulary import Vocabulary

pytest.importorskip("outlines_core", reason="the extra constrain")

LETTERS = Vocabulary.of("abcd12 .\n")
MODEL = Bigrams(random_table())
PATTERNS = [
    "[a-d]{3}1",
    "a*",
    "(ab)+(c|dd)",
    "[a-d ]{2,9}\\.",
    "(?:[ab]{4}\n){1,4}",
    "a(b(c(d(1(2)?)?)?)?)?",
    "[^a]*a[^a]*a[^a]*",
]


def written(constraint, length, numbers=range(5), decoding=None, model=MODEL, vocabulary=LETTERS):
    """The texts, and how each ended."""
    after = read(model, [1, 2])
    texts, ends = [[] for _ in numbers], {}
    streams = [sample_stream(7, number) for number in numbers]
    bits = None
    for round_ in generate(model, after, decoding or Decoding(), length, streams, masks=Masks(constraint)):
        for sample, ids in round_.ids.items():
            texts[sample] += ids
        ends |= round_.ends
        bits = round_.bits
    return [vocabulary.decode(ids) for ids in texts], ends, [bits(sample) for sample in range(len(numbers))]


DECODINGS = [Decoding(), Decoding(0.0), Decoding(2.0, top_k=2), Decoding(mirostat=2), Decoding(typical=0.5)]


@pytest.mark.parametrize("decoding", DECODINGS, ids=range(len(DECODINGS)))
@pytest.mark.parametrize("pattern", PATTERNS)
@compiled_here()
def test_law_every_text_matches_whatever_the_rules_and_the_length(pattern, decoding):
    shortest = make_constraint(Asked(regex=pattern), LETTERS, 100, None).fewest
    for length in (max(1, shortest), shortest + 1, shortest + 7, 40):
        constraint = make_constraint(Asked(regex=pattern), LETTERS, length, None)
        texts, ends, bits = written(constraint, length, decoding=decoding)
        for text in texts:
            assert re.fullmatch(pattern, text), text
            assert len(text) <= length
        assert set(ends.values()) <= {"match"}
        assert min(bits) >= 0


@compiled_here()
@given(some.sampled_from(PATTERNS), some.integers(0, 20), some.integers(1, 30))
@settings(deadline=None, max_examples=100)
def test_law_hundreds_of_texts_of_models_that_wander_match(pattern, seed, longer):
    length = make_constraint(Asked(regex=pattern), LETTERS, 100, None).fewest + longer
    constraint = make_constraint(Asked(regex=pattern), LETTERS, length, None)
    texts, _, _ = written(constraint, length, range(8), model=Bigrams(random_table(seed)))
    assert all(re.fullmatch(pattern, text) for text in texts)


def test_a_text_alone_is_the_same_as_among_others():
    constraint = make_constraint(Asked(regex="[ab]{1,20}c?"), LETTERS, 30, None)
    texts, _, bits = written(constraint, 30, range(6))
    for number in range(6):
        assert written(constraint, 30, range(number, number + 1)) == ([texts[number]], {0: "match"}, [bits[number]])


def test_without_a_constraint_the_rules_draw_what_they_drew():
    after = read(MODEL, [1, 2, 3])
    drawn, _ = together(MODEL, after, Decoding(top_k=5), 25, range(3))
    assert drawn[1] == alone(MODEL, after, Decoding(top_k=5), 25, 1)


# --- where a text ends ---


def certain(text):
    """A model that writes the text again and again, character for character, and hardly anything else."""
    table = np.zeros((LETTERS.size, LETTERS.size))
    ids = LETTERS.encode(text).ids
    table[ids[:-1], ids[1:]] = 30
    return Bigrams(table)


def test_a_running_text_ends_where_the_model_leaves_a_match():
    after_a_word = certain("\n\nabcd 12.\n")
    constraint = make_constraint(Asked(regex="[a-d]+"), LETTERS, 50, None)
    model = after_a_word
    after = read(model, [LETTERS.newline])
    text = []
    for round_ in generate(model, after, Decoding(0.1), 50, [sample_stream(1, 0)], masks=Masks(constraint)):
        text += round_.ids.get(0, [])
    assert LETTERS.decode(text)[-1] == "d"
    assert round_.ends == {0: "match"}
    assert round_.ids == {}, "the character that leaves the match is not written"


def test_a_text_of_some_characters_goes_on_to_its_length():
    constraint = make_constraint(Asked(only="ab"), LETTERS, 50, None)
    texts, ends, _ = written(constraint, 50)
    assert [len(text) for text in texts] == [50] * 5
    assert not ends
    assert set("".join(texts)) == {"a", "b"}


def test_what_a_class_forbids_does_not_end_a_pattern():
    constraint = make_constraint(Asked(regex=".*", only="ab\n"), LETTERS, 60, None)
    texts, _, _ = written(constraint, 60, range(20))
    assert all(re.fullmatch("[ab]*", text) for text in texts)
    assert any(len(text) < 60 for text in texts), "a line end leaves the pattern"
    assert max(map(len, texts)) > 1


def test_a_match_is_not_empty_if_it_need_not_be():
    constraint = make_constraint(Asked(regex="a*"), LETTERS, 9, None)
    assert all(written(constraint, 9, range(30))[0])


def test_a_record_ends_at_its_end_and_not_within():
    end = LETTERS.newline
    constraint = make_constraint(Asked(regex="[ab\n]{1,5}"), LETTERS, 9, end)
    texts, ends, _ = written(constraint, 9, range(40))
    for number, text in enumerate(texts):
        assert re.fullmatch("[ab]{1,5}\n?", text)
        assert ends[number] == "match"
    assert any(len(text) < 5 for text in texts)
    with pytest.raises(UsageError, match="No record matches"):
        make_constraint(Asked(regex="a\nb"), LETTERS, 9, end)


# --- what it costs ---


def test_the_cost_is_the_surprise_of_what_may_be_drawn():
    logits = np.log(np.array([[0.5, 0.25, 0.125, 0.125]]))
    assert np.allclose(cost(logits, np.array([[False, True, False, False]])), 2)
    assert np.allclose(cost(logits, np.array([[True, True, True, True]])), 0)
    assert np.isfinite(cost(np.array([[0.0, -5000.0]]), np.array([[False, True]]))).all()


def test_a_forced_text_costs_what_the_model_gives_it():
    constraint = make_constraint(Asked(regex="ab1"), LETTERS, 3, None)
    [text], _, [bits] = written(constraint, 3, range(1))
    assert text == "ab1"
    after, expected = read(MODEL, [1, 2]), 0.0
    for symbol in LETTERS.encode("ab1").ids:
        powers = np.exp(after.logits.astype(float))
        expected -= math.log2(powers[symbol] / powers.sum())
        after = read(MODEL, [symbol], after)
    assert math.isclose(bits, expected, rel_tol=1e-6)


# --- together with what else is forbidden ---


def test_no_repeat_ends_a_text_that_matches_and_is_an_error_in_one_that_does_not():
    once = Decoding(no_repeat=1)
    whole = make_constraint(Asked(only="ab"), LETTERS, 50, None)
    texts, ends, _ = written(whole, 50, decoding=once)
    assert set(texts) <= {"ab", "ba"}
    assert set(ends.values()) == {"guard"}
    never = make_constraint(Asked(regex="[ab]{5}"), LETTERS, 50, None)
    _, ends, _ = written(never, 50, decoding=once)
    assert all("cannot go on" in str(error) for error in ends.values())


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (Asked(regex="a{9}"), "5 characters are too few: the shortest text has 9"),
        (Asked(regex="[ab]{2}", only="c"), "No text satisfies them all"),
        (Asked(words=["ab"], regex="[cd]+"), "No text satisfies them all"),
    ],
)
def test_what_cannot_be_met_is_refused(asked, what):
    with pytest.raises(UsageError, match=what):
        make_constraint(asked, LETTERS, 5, None)


def test_nothing_asked_is_no_constraint():
    assert make_constraint(Asked(), LETTERS, 5, None) is None
    assert make_constraint(Asked(regex="abc"), LETTERS, 0, None).fewest == 3
