"""Copies of the training text: the suffix array's answers against plain search, and texts without long ones."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tables import Bigrams, random_table

from charlm.errors import UsageError
from charlm.randomness import sample_stream
from charlm.sampling.constraints.constraining import Asked, make_constraint
from charlm.sampling.copies.copy_limit import CopyLimit
from charlm.sampling.copies.verbatim import Verbatim, suffix_array
from charlm.sampling.loop.generation import generate, read
from charlm.sampling.loop.masks import Masks
from charlm.sampling.rules.decoding import Decoding
from charlm.text.vocabulary import Vocabulary

pytest.importorskip("pydivsufsort", reason="the extra constrain")

LETTERS = Vocabulary.of("abcd12 .\n")  # as many symbols as the table has

trainings = some.lists(some.integers(0, 3), min_size=1, max_size=60)
texts = some.lists(some.integers(0, 4), max_size=20)


def index(training, spread=1):
    """`spread` spreads the ids, so that they need wider numbers."""
    ids = np.array(training).astype(np.min_scalar_type(4 * spread)) * spread
    return Verbatim(ids.astype(np.min_scalar_type(4 * spread)), suffix_array(ids))


def stands(part, training):
    return any(training[at : at + len(part)] == part for at in range(len(training) - len(part) + 1))


def slow_runs(text, training, begun=()):
    """For each place of a text, the longest part that ends there and stands in the training text."""
    whole = [*begun, *text]
    ends = range(len(begun) + 1, len(whole) + 1)
    return [max(n for n in range(end + 1) if stands(whole[end - n : end], training)) for end in ends]


@given(trainings, texts, some.sampled_from([1, 300, 70000]), some.lists(some.integers(0, 4), max_size=4))
@settings(deadline=None, max_examples=100)
def test_law_runs_are_what_plain_search_finds(training, text, spread, begun):
    found = index(training, spread)
    wide = [symbol * spread for symbol in text], [symbol * spread for symbol in begun]
    expected = slow_runs(text, training, begun)
    assert found.runs(*wide).tolist() == expected
    assert found.runs(*wide, most=3).tolist() == [min(3, run) for run in expected]
    assert found.longest_run(*wide) == max(expected, default=0)


@given(trainings, some.lists(some.integers(0, 4), min_size=1, max_size=4))
@settings(deadline=None, max_examples=150)
def test_law_followers_are_what_comes_after_in_the_training_text(training, part):
    expected = {
        training[at + len(part)] for at in range(len(training) - len(part)) if training[at : at + len(part)] == part
    }
    found = index(training)
    assert set(found.followers(found.as_bytes(part)).tolist()) == expected


def test_long_copies_are_found_whole():
    training = np.random.default_rng(1).integers(0, 4, 3000).tolist()
    found = index(training)
    assert found.longest_run([9, *training[500:1700], 9]) == 1200
    assert found.longest_run(training) == 3000
    assert found.longest_run([]) == 0


# --- a limit ---


def copying(training):
    """A model that is nearly certain to go on as the training text does after its last symbol."""
    table = random_table() / 4
    for one, other in pairwise(training):
        table[one, other] += 3
    return Bigrams(table)


def written(model, masks, length=60, numbers=range(6), decoding=None, heard=(1,)):
    after = read(model, list(heard))
    drawn, ends = [[] for _ in numbers], {}
    streams = [sample_stream(2, number) for number in numbers]
    for round_ in generate(model, after, decoding or Decoding(0.6), length, streams, masks=masks):
        for sample, ids in round_.ids.items():
            drawn[sample] += ids
        ends |= round_.ends
    return drawn, ends


@given(some.lists(some.integers(0, 8), min_size=2, max_size=80), some.integers(1, 9), some.lists(some.integers(0, 8)))
@settings(deadline=None, max_examples=60)
def test_law_no_run_is_longer_than_the_limit(training, most, begun):
    masks = Masks(copies=CopyLimit(index(training), most, begun))
    drawn, ends = written(copying(training), masks)
    for number, text in enumerate(drawn):
        assert max(slow_runs(text, training, begun), default=0) <= most
        assert len(text) == 60 or ends[number] == "guard"


def test_a_text_alone_is_the_same_as_among_others():
    training = np.random.default_rng(3).integers(0, 9, 400).tolist()
    masks = Masks(copies=CopyLimit(index(training), 2))
    model = copying(training)
    together, _ = written(model, masks)
    assert [written(model, masks, numbers=range(n, n + 1))[0][0] for n in range(6)] == together


def test_a_limit_that_is_never_reached_changes_nothing():
    training = [0, 1, 2, 3, 4, 5, 6, 7, 8] * 3
    model = copying(training)
    assert written(model, Masks(copies=CopyLimit(index(training), 1000))) == written(model, Masks())
    assert written(model, Masks(copies=CopyLimit(index(training), 4))) != written(model, Masks())


def test_texts_longer_than_the_first_room_are_limited_too():
    training = [0, 1, 2, 3, 4, 5, 6, 7, 8] * 3
    [text], _ = written(copying(training), Masks(copies=CopyLimit(index(training), 5)), 700, range(1))
    assert len(text) == 700
    assert max(slow_runs(text, training)) == 5


def test_the_end_of_a_record_is_none_of_its_text():
    training = [0, 1, 2, 8, 0, 1, 2, 8]
    limit = CopyLimit(index(training), 3, end=8)
    drawn, _ = written(Bigrams(np.roll(np.eye(9), 1, axis=1) * 40 + np.eye(9)[8] * (np.arange(9) == 2)[:, None] * 80),
                       Masks(copies=limit), 4, range(1), heard=(8,))  # fmt: skip
    assert drawn == [[0, 1, 2, 8]]


def test_with_a_pattern_both_hold():
    ids = LETTERS.encode("abcabcabdabc").ids
    limit = CopyLimit(Verbatim(ids, suffix_array(ids)), 2)
    constraint = make_constraint(Asked(only="abcd"), LETTERS, 40, None)
    drawn, _ = written(copying(ids.tolist()), Masks(constraint, limit), 40)
    for text in drawn:
        assert set(LETTERS.decode(text)) <= set("abcd")
        assert max(slow_runs(text, ids.tolist())) <= 2


def test_without_pydivsufsort_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pydivsufsort", None)
    with pytest.raises(UsageError, match="needs pydivsufsort") as caught:
        suffix_array(np.array([1, 2]))
    assert "pip install 'charlm-rnn[constrain]'" in caught.value.remedy


def test_a_text_too_long_for_the_array_is_refused(monkeypatch):
    monkeypatch.setattr("charlm.sampling.copies.verbatim.LONGEST_TEXT", 3)
    with pytest.raises(UsageError, match="more than 3 characters"):
        suffix_array(np.zeros(4, np.uint8))
