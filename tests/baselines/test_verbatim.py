"""The longest shared run is the one that a plain search finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.baselines.verbatim import SharedRun, longest_shared_run


def plain(one, other):
    """The length of the longest shared run, by trying every pair of positions."""
    longest = np.zeros((len(one) + 1, len(other) + 1), int)  # of the runs that end at a pair
    for at, symbol in enumerate(one):
        longest[at + 1, 1:] = np.where(np.array(other) == symbol, longest[at, :-1] + 1, 0)
    return int(longest.max())


few = st.lists(st.integers(0, 2), max_size=80)
many = st.lists(st.sampled_from([0, 1, 255, 256, 70000, 2**31 - 1]), max_size=30)


@settings(max_examples=200, deadline=None)
@given(st.tuples(few, few) | st.tuples(many, many), st.sampled_from([np.int64, np.uint32]))
def test_it_is_as_long_as_a_plain_search_finds_and_stands_in_both(texts, dtype):
    one, other = (np.array(each, dtype) for each in texts)
    run = longest_shared_run(one, other)
    assert run.length == plain(*texts)
    assert (one[run.at : run.at + run.length] == other[run.other : run.other + run.length]).all()


@pytest.mark.parametrize("length", [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 500, 1999])
def test_a_run_of_any_length_is_found(length):
    rng = np.random.default_rng(length)
    one, other = rng.integers(0, 2, 3000).astype(np.uint8), rng.integers(2, 65, 9000).astype(np.uint8)
    if length > 40:
        one = rng.integers(0, 65, 3000).astype(np.uint8)
    other[4000 : 4000 + length] = one[1000 : 1000 + length]
    run = longest_shared_run(one, other)
    assert run.length >= length
    if length > 40:
        assert (run.length, run.at, run.other) == (length, 1000, 4000)


def test_a_part_of_the_other_text_is_found_whole():
    other = np.arange(100, dtype=np.uint16) % 7
    other[50:60] = [300, 1, 300, 1, 300, 1, 2, 3, 4, 5]
    assert longest_shared_run(other[54:60], other) == SharedRun(6, 0, 54)
    assert longest_shared_run(other, other) == SharedRun(100, 0, 0)


@pytest.mark.parametrize(("one", "other"), [([], [1]), ([1], []), ([], []), ([0], [1])])
def test_texts_that_share_nothing_share_a_run_of_0(one, other):
    assert longest_shared_run(np.array(one, np.uint8), np.array(other, np.uint8)) == SharedRun(0, 0, 0)
