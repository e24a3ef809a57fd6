"""Counts and entropies."""

import math

import numpy as np
import pytest

from charlm.text import cache, statistics
from charlm.text.statistics import bigram_entropy, entropy, symbol_counts


def test_entropy_of_equal_counts_is_the_logarithm_of_their_number():
    assert entropy(np.array([5, 5, 5, 5])) == pytest.approx(2)
    assert entropy(np.array([7, 0])) == 0
    assert entropy(np.array([0])) == 0


def test_entropy_counted_by_hand():
    assert entropy(np.array([3, 1])) == pytest.approx(0.75 * math.log2(4 / 3) + 0.25 * 2)


def test_bigram_entropy_counted_by_hand():
    # a a b a: after a come a and b, after b comes a. Two of three symbols follow an a and cost one bit.
    assert bigram_entropy(np.array([0, 0, 1, 0]), 2) == pytest.approx(2 / 3)
    assert bigram_entropy(np.array([0, 1] * 50), 2) == pytest.approx(0)
    assert bigram_entropy(np.array([0]), 1) == 0


def test_counts_and_entropies_do_not_depend_on_the_chunks(monkeypatch):
    ids = np.random.default_rng(1).integers(0, 30, 1000).astype(np.uint8)
    whole = symbol_counts(ids, 30), bigram_entropy(ids, 30)
    monkeypatch.setattr(cache, "CHUNK_LENGTH", 7)
    monkeypatch.setattr(statistics, "LARGEST_TABLE", 0)
    assert symbol_counts(ids, 30).tolist() == whole[0].tolist()
    assert bigram_entropy(ids, 30) == pytest.approx(whole[1], abs=1e-12)
