"""Lines that msgspec reads are what the standard json reads: the same texts, counts and errors."""

from __future__ import annotations

import json
import random
from itertools import product

import pytest

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.text.corpus import open_corpus
from charlm.text.records import json_lines
from charlm.text.records.forms import read_records
from charlm.text.records.json_lines import read_field
from charlm.text.records.tally import Tally

GOOD = ['{"a": "one"}', '{"a": "дв\\u0430\\n", "b": "x"}', ' {"b": [1, {}], "a": "\\ud83e\\udd89 \U0001f989"}\t']
ODD = [
    "",
    " \t",
    '{"a": "first", "a": "last"}',
    '{"a": "text", "b": NaN}',
    '{"a": NaN}',
    '{"a": -Infinity, "b": 1e999}',
    '{"a": "half \\ud83e", "b": "\\udd89\\ud83e"}',
    '{"\\ud83e": 1, "a": "x"}',
    '{"a": 123456789012345678901234567890, "b": -0}',
    '{"a": -0, "b": -0.0}',
    '{"a": 0.1, "b": 1E5}',
    '{"a": 1.0e-400, "b": 18446744073709551616}',
    '{"a": true, "b": false}',
    '{"a": null}',
    '{"b": "no a"}',
    '{"a": ""}',
    '{"a": " \\u001e\\n"}',
    '{"a": "\\n\\r\\nlines around\\n"}',
    '{"a": "an \\u001e end\\u0000"}',
    '{"a": "x", "b": {"c": "y"}}',
    '{"a": {"c": "z"}, "b": "x"}',
    '{"a": ["z"]}',
    '{"a.c": "whole", "a": {"c": "part"}}',
    "\ufeff" + '{"a": "after a mark"}',
    '{"a": "two"} {"a": "objects"}',
    '{"a": "raw \x01 control"}',
    '{"a": "bad \\x escape"}',
    '{"a": "cut',
    "{'a': 1}",
    '{"a": "comma",}',
    '{"a": 01}',
    '{"a": "\ud83e"}',
    '["a"]',
    '"a"',
    "3",
    '{"a": ' + "[" * 300 + "]" * 300 + ', "b": "deep"}',
    '{"a": "long ' + "x" * 200_000 + '"}',
    '{"a": "x", "b": ' + "1" * 5000 + "}",
]


def outcome(text, settings, cut):
    """The records of a text that comes in pieces of so many characters, and what was counted; or the error."""
    tally = Tally()
    pieces = (text[start : start + cut] for start in range(0, len(text), cut))
    try:
        return "".join(read_records(pieces, settings, False, "t.jsonl", tally)), tally.to_json()
    except TextError as error:
        return str(error)


def both(monkeypatch, text, settings, cut=1 << 18):
    """The outcome, which is that of the standard json alone."""
    found = outcome(text, settings, cut)
    with monkeypatch.context() as patch:
        patch.setattr(json_lines, "_decoder", lambda field, label: lambda lines: None)
        assert found == outcome(text, settings, cut)
    return found


@pytest.mark.parametrize("field", ["a", "b", "a.c"])
@pytest.mark.parametrize("label", [None, "b"])
def test_law_each_odd_line_is_read_as_json_reads_it(monkeypatch, field, label):
    settings = TextSettings(field=field, label=label)
    found = [both(monkeypatch, f"{GOOD[1]}\n{line}\n{GOOD[0]}", settings) for line in ODD]
    assert {type(one) for one in found} == {str, tuple}  # some are errors
    for line in ODD:
        both(monkeypatch, line, settings)


@pytest.mark.parametrize("seed", range(40))
def test_law_any_mixture_is_read_as_json_reads_it(monkeypatch, seed):
    rng = random.Random(seed)
    lines = rng.choices(GOOD, k=20) + (rng.choices(ODD, k=rng.randrange(4)))
    rng.shuffle(lines)
    text = rng.choice(["\n", "\r\n"]).join(lines) + rng.choice(["", "\n"])
    settings = TextSettings(field=rng.choice(["a", "b"]), label=rng.choice([None, None, "b"]))
    both(monkeypatch, text, settings, rng.choice([7, 100, 1 << 18]))


def test_plain_lines_are_read_at_once(monkeypatch):
    monkeypatch.setattr(json_lines, "_parsed", None)  # whoever called it would fail
    text = "".join(f"{line}\n" for line in GOOD * 1000)
    tally = Tally()
    texts = [text for batch in read_field([text], "a", None, "t", tally) for text in batch]
    assert texts == [json.loads(line)["a"] for line in GOOD] * 1000


def test_an_error_names_the_line_after_lines_that_were_read_at_once(tmp_path):
    path = tmp_path / "t.jsonl"
    for number, end in product((3, 40_000), ("", "\n")):
        path.write_text('{"a": "x"}\n' * (number - 1) + '{"a": "y"' + end)
        with pytest.raises(TextError, match="not JSON") as refused:
            open_corpus(TextSettings(sources=(str(path),), field="a"))
        assert refused.value.where == f"{path}, line {number:,}"
