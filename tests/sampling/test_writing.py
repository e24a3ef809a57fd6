"""From prompts to text: where it begins, where it stops, and that no part of a stop text is ever shown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from charlm.sampling.loop.generation import read
from charlm.sampling.rules.decoding import Decoding
from charlm.sampling.writer import Fragment
from charlm.sampling.writing import Wanted, opening_ids, write_samples, write_text
from charlm.text.vocabulary import Vocabulary

GREEDY = Decoding(temperature=0)


class Reciting:
    """Recites a script, whatever it reads. Its state is how many ids it has read; `fed` has the ids."""

    def __init__(self, vocabulary, script):
        self.logits = 9 * np.eye(vocabulary.size, dtype=np.float32)[vocabulary.encode(script).ids]
        self.fed = []

    def fresh(self, rows):
        self.fed.clear()
        return 0

    def step(self, ids, state):
        self.fed.extend(ids.tolist())
        return self.logits[[state % len(self.logits)]], state + 1


def recite(script, length=None, unit="character", records=False, **options):
    vocabulary = Vocabulary.of(script + "\n", unit)
    options["end"] = vocabulary.newline if records else None
    model = Reciting(vocabulary, script)
    after = read(model, [0])
    length = len(model.logits) if length is None else length
    return list(next(write_samples(model, vocabulary, after, Wanted(GREEDY, length, **options), 0, range(1))))


def joined(fragments):
    return "".join(fragment.text for fragment in fragments), fragments[-1].stopped


# --- where it begins ---


def ids(vocabulary, text):
    return vocabulary.encode(text).ids


@pytest.mark.parametrize(
    ("known", "prompt", "records", "begin"),
    [
        ("abc\n", "", False, "\n"),
        ("abc\n", "ab", False, "ab"),
        ("abc", "", False, "a"),
        ("abc\n", "", True, "\n"),
        ("abc\n", "ab", True, "\nab"),
        ("abc\n", "ab\n", True, "\n"),
        ("abc\n", "ab\nc", True, "\nc"),
    ],
)
def test_what_a_model_reads_first(known, prompt, records, begin):
    vocabulary = Vocabulary.of(known)
    assert (
        vocabulary.decode(opening_ids(vocabulary, ids(vocabulary, prompt), vocabulary.newline if records else None))
        == begin
    )


def test_an_empty_prompt_of_bytes_begins_with_the_newline_too():
    vocabulary = Vocabulary.of("né\n", "byte")
    assert vocabulary.decode(opening_ids(vocabulary, ids(vocabulary, ""))) == "\n"
    assert vocabulary.decode(opening_ids(vocabulary, ids(vocabulary, "né"))) == "né"


def test_the_start_symbol_is_not_part_of_the_text():
    vocabulary = Vocabulary.of("ab\n")
    model = Reciting(vocabulary, "abab")
    assert write_text(model, vocabulary, "", GREEDY, length=4, seed=0) == "abab"
    assert vocabulary.decode(model.fed) == "\naba"


# --- where it ends ---


def test_the_length_counts_characters():
    assert joined(recite("hello world", 5)) == ("hello", "length")
    assert recite("hello", 0) == [Fragment("", "length")]


def test_the_length_counts_bytes_in_a_model_of_bytes():
    assert joined(recite("né€x", 6, unit="byte")) == ("né€", "length")


def test_a_character_cut_by_the_length_shows_as_a_replacement():
    assert joined(recite("né", 2, unit="byte")) == ("n\ufffd", "length")


def test_bytes_stream_whole_characters():
    assert [fragment.text for fragment in recite("é€🎻", unit="byte")] == ["é", "€", "🎻", ""]


def test_records_end_at_the_newline_and_only_records():
    assert joined(recite("Anna\nBob\n", records=True)) == ("Anna", "record")
    assert joined(recite("Anna\nBob\n")) == ("Anna\nBob\n", "length")
    assert joined(recite("Anna\nBob\n", unit="byte", records=True)) == ("Anna", "record")
    assert joined(recite("Anna\nBob\n", 3, records=True)) == ("Ann", "length")


@pytest.mark.parametrize(
    ("script", "stops", "text"),
    [
        ("one. two.", ["."], "one"),
        ("one. two.", [" t", "wo"], "one."),
        ("aab", ["ab"], "a"),
        ("aaab", ["aab"], "a"),
        ("abcd", ["abcx", "c"], "ab"),
        ("abcd", ["bc", "abc"], ""),
        ("abc", ["abc"], ""),
        ("x\n\ny", ["\n\n"], "x"),
    ],
)
def test_the_text_ends_before_the_stop_text(script, stops, text):
    assert joined(recite(script, stops=stops)) == (text, "stop")
    assert joined(recite(script, stops=stops, unit="byte")) == (text, "stop")


def test_the_beginning_of_a_stop_text_is_shown_once_it_cannot_be_one():
    fragments = recite("xabaxab", stops=["abc"])
    assert [fragment.text for fragment in fragments] == ["x", "ab", "ax", "ab"]
    assert fragments[-1].stopped == "length"


def test_text_held_back_is_shown_at_the_end_of_a_record():
    assert joined(recite("Anna\n", stops=["nab"], records=True)) == ("Anna", "record")


def test_a_stop_text_of_broken_bytes_stops_too():
    # the length cuts the last character, so its replacement comes only when the text is finished
    assert joined(recite("né", 2, unit="byte", stops=["\ufffd"])) == ("n", "stop")


@given(
    some.text("ab\n", min_size=1, max_size=30),
    some.lists(some.text("ab\n", min_size=1, max_size=4), max_size=3),
    some.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_law_the_fragments_are_the_text_up_to_the_first_complete_stop(script, stops, records):
    text, reason = joined(recite(script, stops=stops, records=records))
    whole = script.partition("\n")[0] if records else script
    ends = [end for end in range(1, len(whole) + 1) if whole[:end].endswith(tuple(stops))] if stops else []
    if ends:
        longest = max(len(stop) for stop in stops if whole[: ends[0]].endswith(stop))
        assert (text, reason) == (whole[: ends[0] - longest], "stop")
    else:
        assert (text, reason) == (whole, "record" if whole != script else "length")


# --- prompts ---


def test_unknown_characters_in_the_prompt_do_not_crash():  # char-rnn #44, torch-rnn #98, nanoGPT #169
    vocabulary = Vocabulary.of("abc\n")
    model = Reciting(vocabulary, "abcabc")
    for prompt, read_as in [("aXb", "ab"), ("ЖЖ", "\n"), ("a\udc80\U0010ffff\0", "a")]:
        assert len(write_text(model, vocabulary, prompt, GREEDY, length=3, seed=0)) == 3
        assert vocabulary.decode(model.fed[:-2]) == read_as


def test_unicode_prompts_are_read_character_by_character():  # char-rnn #42, torch-rnn #47
    for unit, read_as in [("character", 5), ("byte", 13)]:
        vocabulary = Vocabulary.of("日本é🎻\n", unit)
        model = Reciting(vocabulary, "日本")
        write_text(model, vocabulary, "日本é🎻\n", GREEDY, length=1, seed=0)
        assert len(model.fed) == read_as
        assert vocabulary.decode(model.fed) == "日本é🎻\n"
