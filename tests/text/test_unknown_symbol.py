"""The unknown symbol: one id for every character that is not in the vocabulary."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.errors import TextError
from charlm.text.vocabulary import UNKNOWN, Vocabulary

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
units = st.sampled_from(["character", "grapheme"])


@settings(deadline=None)
@given(texts, texts, units, st.sampled_from(["skip", "nearest"]))
def test_a_text_keeps_its_length(text, known, unit, policy):
    plain = Vocabulary.of(known, unit)
    vocabulary = Vocabulary((UNKNOWN, *plain.symbols), unit)
    encoded = vocabulary.encode(text, "skip")
    whole = Vocabulary.of(text, unit).encode(text)
    assert len(encoded.ids) == len(whole.ids)
    assert int((encoded.ids == vocabulary.unknown_id).sum()) == sum(encoded.unknown.values())
    assert encoded.unknown == plain.encode(text, "skip").unknown
    left = [number for number in vocabulary.encode(text, policy).ids.tolist() if number != vocabulary.unknown_id]
    assert [number - 1 for number in left] == plain.encode(text, policy).ids.tolist()


@pytest.mark.parametrize("unit", ["character", "grapheme"])
def test_it_is_shown_as_what_is_lost_and_is_no_text(unit):
    vocabulary = Vocabulary((UNKNOWN, "a", "b"), unit)
    encoded = vocabulary.encode("a日b", "skip")
    assert encoded.ids.tolist() == [1, 0, 2]
    assert vocabulary.decode(encoded.ids) == "a\ufffdb"
    assert vocabulary.byte_lengths.tolist() == [0, 1, 1]
    assert (vocabulary.unknown_id, vocabulary.start, vocabulary.newline) == (0, 1, None)
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary
    with pytest.raises(TextError, match="U\\+65E5"):
        vocabulary.encode("a日b")


def test_nearest_is_read_before_the_unknown_symbol():
    encoded = Vocabulary((UNKNOWN, "c", "e")).encode("cé日", "nearest")
    assert (encoded.ids.tolist(), encoded.unknown) == ([1, 2, 0], {"é": 1, "日": 1})


def test_rare_characters_become_it_but_not_the_end_of_a_record():
    counts = {"\n": 1, "a": 5, "b": 2, "c": 1}
    assert Vocabulary.of_counts(counts, min_count=2).symbols == (UNKNOWN, "a", "b")
    assert Vocabulary.of_counts(counts, min_count=5, kept={"\n"}).symbols == (UNKNOWN, "\n", "a")
    assert Vocabulary.of_counts(counts).symbols == ("\n", "a", "b", "c")


def test_a_number_that_leaves_nothing_is_refused():
    with pytest.raises(TextError, match="No character of the text occurs 6 times") as refused:
        Vocabulary.of_counts({"\n": 9, "a": 5}, min_count=6, kept={"\n"})
    assert "occurs 5 times" in refused.value.remedy


def test_nearest_of_a_cluster_is_another_form_of_it_or_its_letter():
    assert Vocabulary.of("\u00e9", "grapheme").nearest("e\u0301") == "\u00e9"
    assert Vocabulary.of("e\u0301", "grapheme").nearest("\u00e9") == "e\u0301"
    assert Vocabulary.of("e", "grapheme").nearest("e\u0301") == "e"
    assert Vocabulary.of("xy", "grapheme").nearest("e\u0301") == ""
