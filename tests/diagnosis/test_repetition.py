"""Passages of the validation text that also occur in training, against counting by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.diagnosis import repetition as module
from charlm.diagnosis.repetition import Passage, find_repetition, window_hashes


def by_hand(train, valid, window):
    known = {bytes(train[at : at + window]) for at in range(len(train) - window + 1)}
    return sum(bytes(valid[at : at + window]) in known for at in range(len(valid) - window + 1))


@settings(max_examples=200, deadline=None)
@given(
    train=st.lists(st.integers(0, 2), max_size=60),
    valid=st.lists(st.integers(0, 2), max_size=40),
    window=st.integers(1, 9),
    stretch=st.integers(1, 30),
)
def test_repeated_windows_are_as_counted_by_hand(train, valid, window, stretch):
    train, valid = np.array(train, np.uint8), np.array(valid, np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK_LENGTH", stretch)
        found = find_repetition(train, valid, window)
    expected = by_hand(train, valid, window) if len(train) >= window <= len(valid) else 0
    assert found.repeated == expected
    assert found.windows == max(0, len(valid) - window + 1)
    for passage in found.passages:
        first = valid[passage.valid : passage.valid + window]
        np.testing.assert_array_equal(train[passage.train : passage.train + window], first)
        assert window <= passage.length <= len(valid) - passage.valid
    assert sum(passage.length - window + 1 for passage in found.passages) == expected


@pytest.mark.parametrize("window", [1, 2, 3, 7, 50])
def test_windows_have_equal_hashes_only_if_they_are_equal(window):
    ids = np.random.default_rng(0).integers(0, 3, 2000).astype(np.uint32)
    hashes = window_hashes(ids, window)
    texts = [ids[at : at + window].tobytes() for at in range(len(ids) - window + 1)]
    assert len(hashes) == len(texts)
    assert len(set(zip(hashes.tolist(), texts, strict=True))) == len(set(texts)) == len(set(hashes.tolist()))


def test_a_copied_passage_is_found_at_its_place():
    rng = np.random.default_rng(1)
    train, valid = rng.integers(0, 60, 10_000), rng.integers(0, 60, 1000)
    valid[100:300] = train[4000:4200]
    found = find_repetition(train, valid)
    assert found.passages == (Passage(100, 4000, 200),)
    assert found.share == 151 / 951
    assert find_repetition(train, valid[:100]).share == find_repetition(train[:10], valid).share == 0.0
