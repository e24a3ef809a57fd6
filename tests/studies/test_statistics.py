"""Means, paired differences and their intervals."""

from __future__ import annotations

import math

import pytest

from charlm.studies.statistics import mean_of, paired_difference, paired_ratio, t_quantile


def test_a_paired_difference_computed_by_hand():
    """Differences 1, 2, 3: mean 2, deviation 1, standard error 1 / sqrt(3), and t(2) is 4.303."""
    found = paired_difference([11, 22, 33], [10, 20, 30])
    assert found.mean == 2
    assert found.error == pytest.approx(0.57735, abs=1e-5)
    assert found.low == pytest.approx(2 - 4.303 * 0.57735, abs=1e-4)
    assert found.high == pytest.approx(2 + 4.303 * 0.57735, abs=1e-4)
    assert not found.excludes(0)
    assert found.excludes(5)


def test_pairing_cancels_the_noise_of_the_seed():
    paired = paired_difference([1.1, 5.1, 9.11], [1.0, 5.0, 9.0])
    assert paired.excludes(0)
    assert not mean_of([1.1, 5.1, 9.11]).excludes(5)


def test_a_ratio_is_geometric():
    found = paired_ratio([2, 8], [1, 2])
    assert found.mean == pytest.approx(math.sqrt(8))
    assert found.low * found.high == pytest.approx(found.mean**2)


def test_one_value_has_no_interval():
    alone = mean_of([3.0])
    assert (alone.mean, alone.error, alone.low) == (3.0, None, None)
    assert not alone.excludes(99)


def test_quantiles_decrease_towards_that_of_the_normal_distribution():
    values = [t_quantile(freedom) for freedom in range(1, 40)]
    assert values == sorted(values, reverse=True)
    assert values[9] == 2.228
    assert min(values) > 1.96
