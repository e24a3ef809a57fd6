import json

import pytest

from charlm.errors import CheckpointError
from charlm.interchange.vocabulary_file import read_symbols, vocabulary_json
from charlm.text.vocabulary import Vocabulary


@pytest.mark.parametrize(
    "vocabulary",
    [
        Vocabulary.of("ab\n \U0001f600"),
        Vocabulary(("", "a", "b")),
        Vocabulary.of("né", "byte"),
        Vocabulary.of("e\u0301a", "grapheme"),
    ],
)
def test_what_was_written_is_read(vocabulary):
    symbols, unit = read_symbols(vocabulary_json(vocabulary).encode(), "")
    assert Vocabulary(tuple(symbols), unit) == vocabulary


@pytest.mark.parametrize(
    "given",
    [
        "ba\n",
        ["b", "a", "\n"],
        {"b": 0, "a": 1, "\n": 2},
        {"b": 1, "a": 2, "\n": 3},
        {"stoi": {"b": 0, "a": 1, "\n": 2}, "itos": {}},
        {"vocab": {"symbols": "ba\n"}},
    ],
)
def test_what_other_programs_write_is_read(given):
    assert read_symbols(json.dumps(given).encode(), "") == (["b", "a", "\n"], "character")


@pytest.mark.parametrize(
    "given",
    [
        b"no json", b"[1, 2]", b"[]", b'["a", "a"]', b'{"a": 0, "b": 2}', b'{"a": 5}', b'["ab"]', b"7", b"null",
        b'{"unit": "word", "symbols": ["a"]}', b'{"symbols": {"symbols": 3, "b": 1}}', b"[" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_vocabulary_is_refused(given):
    with pytest.raises(CheckpointError) as caught:
        read_symbols(given, "vocabulary.json")
    assert caught.value.where == "vocabulary.json"
    assert "symbols" in caught.value.remedy
