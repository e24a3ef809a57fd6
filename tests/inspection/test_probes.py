"""Probes, on texts where what they say can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.errors import UsageError
from charlm.inspection.probes import PROBES, chosen_probes


def found(name, text):
    values = PROBES[name].find(text)
    assert len(values) == len(text)
    return "".join("1" if one else "0" for one in values) if values.dtype == bool else values.tolist()


@pytest.mark.parametrize(
    ("name", "text", "holds"),
    [
        ("quotes", 'a "bc" d', "00111000"),
        ("quotes", "a “bc” d", "00111000"),
        ("quotes", '"ab\n\n"c"', "00000110"),  # a paragraph ends a quote that nobody closed
        ("brackets", "a(b[c]d)e)f(", "011111100001"[:12]),
        ("word", "ab, c1", "110011"),
        ("capital", "a Bc D", "010010"),
        ("speaker", "FIRST LORD:\nNo: I\n", "1" * 11 + "0" * 7),
        ("number", "a 3.14 b", "00111100"),
        ("url", "see http://a.b/c now", "0000" + "1" * 12 + "0000"),
    ],
)
def test_where_a_property_holds(name, text, holds):
    assert found(name, text) == holds


@pytest.mark.parametrize(
    ("name", "text", "numbers"),
    [
        ("depth", "a(b[c])d)(", [0, 1, 1, 2, 2, 1, 0, 0, 0, 1]),
        ("column", "ab\ncd", [1, 2, 0, 1, 2]),
        ("indentation", " a\n   b", [1, 1, 0, 3, 3, 3, 3]),
    ],
)
def test_how_much_there_is(name, text, numbers):
    assert found(name, text) == numbers


def test_numbers_may_have_no_value():
    np.testing.assert_array_equal(PROBES["line_end"].find("abc\nd\ne"), [2, 1, 0, 1, 0, np.nan, np.nan])
    lines = PROBES["speech_line"].find("x\nLEAR:\na\nb\n\n")
    assert np.isnan(lines[:2]).all()
    np.testing.assert_array_equal(lines[8:12], [1, 1, 2, 2])


def test_a_probe_of_ones_own_holds_where_it_matches():
    (own,) = chosen_probes(["owl=o.l"])
    assert own.find("an owl").tolist() == [False] * 3 + [True] * 3
    assert [one.name for one in chosen_probes(["word", "x=a"])] == ["word", "x"]
    assert len(chosen_probes(None)) == len(PROBES)


@pytest.mark.parametrize(
    ("given", "says"), [("quote", "quotes, brackets"), ("x=(", "not one"), ("word=a", "already"), ("x=a*", "nothing")]
)
def test_what_is_no_probe(given, says):
    with pytest.raises(UsageError) as raised:
        chosen_probes([given])
    assert says in str(raised.value)


@pytest.mark.parametrize("name", sorted(PROBES))
def test_every_probe_takes_any_text(name):
    for text in ("", "a", "\n", "\n\n\n", "\x1e", "“(\ud800 é😀\t"):
        assert len(PROBES[name].find(text)) == len(text)
