"""The lines of the tasks of tracking are what they say."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from charlm.errors import UsageError
from charlm.text.corpora.tasks import Range
from charlm.text.corpora.tracking import bracket_lines, check_kinds, parity_lines

CLOSING = {"(": ")", "[": "]", "{": "}"}


def some(lines, count=400):
    return [line.split(">") for line in islice(lines, count)]


def test_the_answer_of_parity_is_that_of_the_ones():
    lines = some(parity_lines(np.random.default_rng(1), Range(1, 12)))
    assert all(answer == str(given.count("1") % 2) for given, answer in lines)
    assert {len(given) for given, _ in lines} == set(range(1, 13))
    assert {answer for _, answer in lines} == {"0", "1"}


@pytest.mark.parametrize(("kinds", "depth"), [(1, 1), (2, 8), (3, 2)])
def test_the_answer_of_brackets_closes_what_is_open(kinds, depth):
    lines = some(bracket_lines(np.random.default_rng(1), kinds, Range(1, 20), depth))
    deepest = 0
    for given, answer in lines:
        opened = []
        for one in given:
            if one in CLOSING:
                opened.append(CLOSING[one])
            else:
                assert opened.pop() == one
            deepest = max(deepest, len(opened))
        assert answer == "".join(reversed(opened))
        assert answer
    assert deepest == depth or depth == 8
    assert len(set("".join(given for given, _ in lines)) & set(CLOSING)) == kinds


def test_there_are_three_kinds_of_brackets():
    assert check_kinds(3) == 3
    with pytest.raises(UsageError, match="1 to 3 kinds"):
        check_kinds(4)
