"""The definition of the n-gram, compared with numbers that were computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from charlm.baselines.kneser_ney import KneserNey


def test_an_ngram_that_has_counted_nothing_is_uniform():
    assert KneserNey(3, 5).distribution((1, 2)).tolist() == [0.2] * 5


def test_of_order_0_it_is_the_unigram_with_absolute_discounts():
    """0 0 0 0 1 1 2 3 over five symbols: n_1 = 2, n_2 = 1, n_3 = 0, n_4 = 1, so Y = 1/2."""
    counts = KneserNey(0, 5)
    counts.count([0, 0, 0, 0, 1, 1, 2, 3])
    assert counts.discounts(0) == (0, 1 - 2 * 0.5 * 1 / 2, 2 - 3 * 0.5 * 0 / 1, 3 / 2)  # n_3 = 0: D_3 is 3/2
    left = (0.5 * 2 + 2 * 1 + 1.5 * 1) / 8
    expected = [(4 - 1.5) / 8, 0, 0.5 / 8, 0.5 / 8, 0]
    np.testing.assert_allclose(counts.distribution(()), np.array(expected) + left / 5, atol=1e-15)


def test_a_shorter_context_counts_what_is_new_in_the_longer_one():
    counts = KneserNey(2, 4)
    counts.count([0, 1, 2, 0, 1, 2, 0, 1, 2])
    assert counts.counts[2][(0, 1)] == {2: 3}
    assert counts.counts[1][(1,)] == {2: 1}  # 2 follows "1" three times, always after 0
    assert counts.counts[1][(0,)] == {1: 2}  # at the beginning, where the context is short, and after "2 0"
    assert counts.counts[0][()] == {0: 2, 1: 1, 2: 1}
    assert counts.frequencies[2][3] == 1


def test_francisco_follows_san_alone():
    """In a context that was never seen, a symbol that has followed many others is likelier than a frequent one."""
    counts = KneserNey(1, 12)
    counts.count([0, 1] * 20 + [3, 2, 4, 2, 5, 2, 6, 2, 7, 2, 8, 2, 9, 2])
    unseen = counts.distribution((11,))
    assert unseen[2] > 2 * unseen[1]
    assert counts.distribution((0,))[1] > 0.9


@pytest.mark.parametrize("counting", [False, True])
def test_each_symbol_is_predicted_before_it_is_counted(counting):
    counts = KneserNey(2, 3)
    counts.count([0, 1, 2, 0, 1])
    before = counts.distribution(())
    reader = counts.reader(counting)
    nats = reader.nats(np.array([2, 2]))
    assert nats[0] == pytest.approx(-math.log(before[2]))
    assert (counts.distribution(()) != before).any() == counting
    reader.restart()
    np.testing.assert_array_equal(reader.distribution(), counts.distribution(()))
