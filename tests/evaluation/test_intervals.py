"""Intervals hold the mean as often as they say, and are narrow for pairs."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.evaluation.intervals import Blocks, mean_interval, paired_interval


def correlated(seed, length=60_000):
    """Nats of a text whose passages differ: a slow wave of chance around 1.5, and noise."""
    rng = np.random.default_rng(seed)
    return 1.5 + np.repeat(rng.normal(0, 0.3, length // 200), 200) + rng.normal(0, 0.5, length)


def test_the_interval_holds_the_true_mean_in_about_95_of_100_texts():
    found = [mean_interval(Blocks.of(correlated(seed))) for seed in range(100)]
    assert 88 <= sum(each.low <= 1.5 <= each.high for each in found) <= 99


def test_the_difference_of_two_models_is_surer_than_either():
    nats = correlated(1)
    other = nats + 0.01 + np.random.default_rng(2).normal(0, 0.1, len(nats))
    pair = paired_interval(Blocks.of(other), Blocks.of(nats))
    alone = mean_interval(Blocks.of(nats))
    assert 0 < pair.low < 0.01 < pair.high
    assert pair.high - pair.low < (alone.high - alone.low) / 5


@pytest.mark.parametrize("cuts", [[], [500], [1_000], [999, 7_001, 7_002, 40_000]])
def test_blocks_of_parts_are_those_of_the_whole(cuts):
    nats = correlated(1)
    whole, parts = Blocks.of(nats), Blocks.of_parts(np.split(nats, cuts))
    assert np.array_equal(whole.nats, parts.nats)
    assert np.array_equal(whole.characters, parts.characters)


def test_of_a_very_long_text_blocks_become_larger(monkeypatch):
    monkeypatch.setattr("charlm.evaluation.intervals.MOST", 10)
    nats = correlated(1)
    found = Blocks.of_parts(np.array_split(nats, 7))
    assert 5 <= len(found.nats) <= 20
    assert found.characters.sum() == len(nats)
    assert len(set(found.characters[:-1].tolist())) == 1
    assert found.score.nats == pytest.approx(float(nats.sum()))


def test_the_same_text_has_the_same_interval():
    assert mean_interval(Blocks.of(correlated(1))) == mean_interval(Blocks.of(correlated(1)))


def test_a_model_does_not_differ_from_itself():
    found = paired_interval(Blocks.of(correlated(1)), Blocks.of(correlated(1)))
    assert (found.low, found.high, found.blocks) == (0, 0, 60)


@pytest.mark.parametrize(("length", "blocks"), [(9_000, None), (9_001, 10), (10_000, 10), (10_001, 11)])
def test_under_ten_blocks_there_is_none(length, blocks):
    found = mean_interval(Blocks.of(np.ones(length, np.float32)))
    assert found == (None if blocks is None else found)
    if blocks:
        assert (found.low, found.high, found.blocks) == (1, 1, blocks)


def test_the_sums_of_blocks_are_those_of_the_characters():
    nats = correlated(3, 2_400)
    found = Blocks.of(nats)
    assert found.characters.tolist() == [1000, 1000, 400]
    np.testing.assert_allclose(found.nats, [nats[:1000].sum(), nats[1000:2000].sum(), nats[2000:].sum()])
    assert found.score.characters == 2_400
    assert Blocks.of(np.zeros(0)).score.characters == 0


def test_short_records_are_put_together():
    characters = np.array([400, 500, 300, 2500, 10, 600, 500])
    found = Blocks(characters * 1.5, characters).together()
    assert found.characters.tolist() == [1200, 2500, 10 + 600, 500]
    np.testing.assert_allclose(found.nats, found.characters * 1.5)
    assert not len(Blocks(np.zeros(0), np.zeros(0, int)).together().nats)


def test_blocks_of_other_characters_are_not_compared():
    nats = correlated(1)
    assert paired_interval(Blocks.of(nats), Blocks.of(nats[:-1])) is None
