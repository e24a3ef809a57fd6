"""Counting the symbols of a text."""

from collections import Counter

import pytest

from charlm.text.decoding.reading import Chunk
from charlm.text.lookup import LOOKUP_LENGTH
from charlm.text.survey import BY_PAIRS, survey_bytes, survey_text

VERSE = "Full fathom five thy father lies;\n"


@pytest.mark.parametrize("length", [1, 2, 999, BY_PAIRS, BY_PAIRS + 1])
def test_counting_bytes_in_pairs_gives_the_same_counts(length):
    data = (bytes(range(256)) * (length // 256 + 1))[:length]
    assert survey_bytes([data, b"\xff"]).counts == {chr(code): n for code, n in Counter(data + b"\xff").items()}


@pytest.mark.parametrize("other", ["", "é", "日", "\U0001f600", "\U0010ffff"])
def test_chunks_of_a_long_text_do_not_change_its_counts(other):
    text = (VERSE * (LOOKUP_LENGTH // len(VERSE)) + other) * 5
    assert survey_text([Chunk(text), Chunk(VERSE, crlf=2)]).counts == Counter(text + VERSE)
