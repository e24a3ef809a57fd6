"""Symbols and ids: encoding, decoding, and what is refused."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.errors import CheckpointError, TextError
from charlm.text.clusters import clusters
from charlm.text.lookup import LOOKUP_LENGTH
from charlm.text.vocabulary import Vocabulary

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
any_text = st.text(st.characters(), max_size=60)  # lone surrogates too
units = st.sampled_from(["character", "byte", "grapheme"])


def test_symbols_are_sorted_by_code_point_and_ids_are_their_positions():
    vocabulary = Vocabulary.of("hello ñ日")
    assert vocabulary.symbols == (" ", "e", "h", "l", "o", "ñ", "日")
    assert vocabulary.encode("hello").ids.tolist() == [2, 1, 3, 3, 4]
    assert vocabulary.byte_lengths.tolist() == [1, 1, 1, 1, 1, 2, 3]


@settings(deadline=None)
@given(texts, units)
def test_decoding_gives_back_what_was_encoded(text, unit):
    vocabulary = Vocabulary.of(text, unit)
    encoded = vocabulary.encode(text)
    assert vocabulary.decode(encoded.ids) == text
    assert encoded.unknown == {}
    sizes = {"character": len(text), "byte": len(text.encode()), "grapheme": len(clusters(text))}
    assert len(encoded.ids) == sizes[unit]
    assert int(vocabulary.byte_lengths[encoded.ids].sum()) == len(text.encode())


@settings(deadline=None)
@given(texts, units, st.integers(1, 5))
def test_decoding_a_stream_gives_the_same_text(text, unit, at_a_time):
    vocabulary = Vocabulary.of(text, unit)
    ids = vocabulary.encode(text).ids
    decoder = vocabulary.decoder()
    pieces = [decoder.feed(ids[start : start + at_a_time]) for start in range(0, len(ids), at_a_time)]
    assert "".join(pieces) + decoder.finish() == text


def test_a_character_of_several_bytes_is_decoded_when_complete():
    vocabulary = Vocabulary.of("é", "byte")
    decoder = vocabulary.decoder()
    assert [decoder.feed([one]) for one in (1, 0)] == ["", "é"]
    assert decoder.feed([1]) + decoder.finish() == "\ufffd"


@settings(deadline=None)
@given(any_text, texts, units, st.sampled_from(["skip", "nearest"]))
def test_any_text_can_be_encoded(text, known, unit, policy):
    """Unknown characters in a prompt crash: char-rnn #44, torch-rnn #98, nanoGPT #169, sherjilozair #127."""
    vocabulary = Vocabulary.of(known, unit)
    encoded = vocabulary.encode(text, policy)
    assert (encoded.ids < vocabulary.size).all()
    assert sum(encoded.unknown.values()) <= len(text)
    if unit == "character":
        assert encoded.unknown == {one: text.count(one) for one in sorted(set(text) - set(known))}
    if policy == "skip" and unit == "character":
        assert vocabulary.decode(encoded.ids) == "".join(one for one in text if one in known)


@pytest.mark.parametrize(
    ("unknown", "shown", "offset"),
    [
        ("é", "U+00E9 'é'", 2),
        ("\x1b", r"U+001B '\x1b'", 0),
        ("\udc80", r"U+DC80 '\udc80'", 1),
        ("😀", "U+1F600 '😀'", 1),
    ],
)
def test_an_unknown_character_is_named_with_offset_and_remedy(unknown, shown, offset):
    with pytest.raises(TextError) as refused:
        Vocabulary.of("ab").encode("abab"[:offset] + unknown + "é", start=100)
    assert shown in refused.value.what
    assert str(100 + offset) in refused.value.where
    assert "--unknown skip" in refused.value.remedy


def test_nearest_replaces_unknown_characters():
    vocabulary = Vocabulary.of('The cafe\'s "naive" plan - done.')
    encoded = vocabulary.encode("The café’s “naïve” plan — done…日", "nearest")
    assert vocabulary.decode(encoded.ids) == 'The cafe\'s "naive" plan - done...'
    assert encoded.unknown == dict.fromkeys(sorted("éï’“”—…日"), 1)


def test_a_byte_vocabulary_counts_unknown_characters():
    vocabulary = Vocabulary.of("cafe", "byte")
    encoded = vocabulary.encode("café", "nearest")
    assert (vocabulary.decode(encoded.ids), encoded.unknown) == ("cafe", {"é": 1})


def test_raw_bytes_are_encoded_as_they_are():
    vocabulary = Vocabulary(("\x00", "a", "\xff"), "byte")
    assert vocabulary.encode_bytes(b"a\xff\x00a").ids.tolist() == [1, 2, 0, 1]
    skipped = vocabulary.encode_bytes(b"abca", "skip")
    assert (skipped.ids.tolist(), skipped.unknown) == ([1, 1], {"b": 1, "c": 1})
    with pytest.raises(TextError, match="0x62"):
        vocabulary.encode_bytes(b"ab")


def test_a_byte_vocabulary_encodes_an_argument_that_is_not_utf8():
    assert Vocabulary(("a", "\xff"), "byte").encode("a\udcff").ids.tolist() == [0, 1]


@pytest.mark.parametrize(("symbols", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (70_000, np.uint32)])
def test_ids_have_the_smallest_dtype(symbols, dtype):
    text = "".join(chr(0x100 + code + 0x800 * (code + 0x100 >= 0xD800)) for code in range(symbols))
    vocabulary = Vocabulary.of(text)
    ids = vocabulary.encode(text).ids
    assert ids.dtype == dtype
    assert ids.tolist() == list(range(symbols))
    assert vocabulary.decode(ids) == text


def test_different_vocabularies_have_different_fingerprints():
    """Fine-tuning with a reordered vocabulary gives a substitution cipher: torch-rnn #147."""
    prints = [
        Vocabulary.of(text, unit).fingerprint for text in ("ab", "abc") for unit in ("character", "byte", "grapheme")
    ]
    prints.append(Vocabulary(("", "a", "b")).fingerprint)
    assert len(set(prints)) == 7
    assert prints[0] == Vocabulary.of("ba").fingerprint
    assert len(prints[0]) == 64


@given(texts, units)
def test_json_gives_the_same_vocabulary_back(text, unit):
    vocabulary = Vocabulary.of(text, unit)
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "abc",
        {},
        {"symbols": "abc"},
        {"symbols": "", "unit": "character"},
        {"symbols": "ba", "unit": "character"},
        {"symbols": "aa", "unit": "character"},
        {"symbols": "ab", "unit": "word"},
        {"symbols": "ab", "unit": ["character"]},
        {"symbols": ["a", "b"], "unit": "character"},
        {"symbols": "a\ud800", "unit": "character"},
        {"symbols": "aé日", "unit": "byte"},
        {"symbols": "ab", "unit": "character", "more": 1},
        {"symbols": 7, "unit": "character"},
        {"symbols": "ab", "unit": "grapheme"},
        {"symbols": [], "unit": "grapheme"},
        {"symbols": ["a", 7], "unit": "grapheme"},
        {"symbols": ["a", ["b"]], "unit": "grapheme"},
        {"symbols": ["", "a"], "unit": "grapheme"},
        {"symbols": ["b", "a"], "unit": "grapheme"},
        {"symbols": ["a" * 33], "unit": "grapheme"},
        {"symbols": ["a\ud800"], "unit": "grapheme"},
        {"symbols": "ab", "unit": "character", "unknown": False},
        {"symbols": "ab", "unit": "character", "unknown": "yes"},
        {"symbols": "ab", "unit": "byte", "unknown": True},
        {"symbols": "", "unit": "character", "unknown": True},
    ],
)
def test_a_hostile_vocabulary_is_refused(value):
    with pytest.raises(CheckpointError):
        Vocabulary.from_json(value)


def test_the_id_of_the_newline():
    assert Vocabulary.of("a\nb").newline == 0
    assert Vocabulary.of("ab").newline is None


def test_any_surrogate_is_encoded_as_bytes():
    assert Vocabulary.of("a\ud800", "byte").symbols == tuple("a\x80\xa0\xed")
    assert Vocabulary.of("a\udcff", "byte").symbols == tuple("a\xff")  # the byte that a shell gave


@pytest.mark.parametrize("symbols", [10, 255, 256, 257, 70_000])
@pytest.mark.parametrize("other", ["", "\x7f", "\xff", "日", "\U0001f600"])
def test_a_long_text_is_encoded_like_its_characters(symbols, other):
    kept = sorted({*"Full fathom\n", *other, *(chr(0xE000 + n) for n in range(symbols))})
    vocabulary = Vocabulary(tuple(kept))
    text = ("Full fathom\n" * (LOOKUP_LENGTH // 12) + other) * 3
    ids = vocabulary.encode(text).ids
    place = {symbol: number for number, symbol in enumerate(kept)}
    assert ids.dtype == vocabulary.dtype
    assert ids.tolist() == [place[character] for character in text]


@pytest.mark.parametrize("stranger", ["z", "\xff", "本", "\U0001f601", "\ud800"])
def test_an_unknown_character_is_found_anywhere_in_a_long_text(stranger):
    vocabulary = Vocabulary.of("Full fathom\n日\U0001f600")
    text = "Full fathom\n日" * LOOKUP_LENGTH + stranger
    with pytest.raises(TextError, match=f"offset {len(text) - 1},"):
        vocabulary.encode(text)
    assert vocabulary.encode(text, "skip").unknown == {stranger: 1}


def test_the_byte_255_is_encoded_in_small_and_full_vocabularies():
    for known in (bytes(range(256)), bytes(range(1, 256)), b"a\xff"):
        vocabulary = Vocabulary(tuple(chr(byte) for byte in known), "byte")
        assert vocabulary.encode_bytes(known).ids.tolist() == list(range(len(known)))
    with pytest.raises(TextError, match="0x00"):
        Vocabulary(tuple(map(chr, range(1, 256))), "byte").encode_bytes(b"\x01\x00")


def test_an_unknown_character_of_a_byte_vocabulary_is_named():
    with pytest.raises(TextError, match="U\\+00E9 'é'"):
        Vocabulary.of("cafe", "byte").encode("café")
