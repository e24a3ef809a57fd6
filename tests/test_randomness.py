"""Random streams: the same numbers on every machine and in every version, and other numbers under another name."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.randomness import fresh_seed, named_stream, record_stream, sample_stream


# A changed number here means that a seed no longer gives the training or the sample that it gave before.
@pytest.mark.parametrize(
    ("drawn", "numbers"),
    [
        (lambda: named_stream(7, "parameters"), [0.18875113016610878, 0.17476051736304088]),
        (lambda: record_stream(7, 2), [0.007672472832699118, 0.29986844775575494]),
        (lambda: sample_stream(12345, 2), [0.6682272560849873, 0.8520852744644608]),
    ],
    ids=["named", "record", "sample"],
)
def test_the_numbers_of_a_stream_never_change(drawn, numbers):
    assert drawn().random(2).tolist() == numbers


def test_each_name_has_numbers_of_its_own():
    streams = [
        named_stream(1, "a"), named_stream(1, "b"), named_stream(2, "a"), named_stream(1, "a", 1),
        record_stream(1, 1), record_stream(1, 2), sample_stream(1, 1), sample_stream(1, 2),
    ]  # fmt: skip
    assert len({float(stream.random()) for stream in streams}) == len(streams)


@pytest.mark.parametrize("seed", [0, 1, 2**63])
@pytest.mark.parametrize("number", [0, 1, 1000])
def test_streams_are_philox_seeded_by_numpy(seed, number):
    expected = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number])))
    assert record_stream(seed, number).random(3).tolist() == expected.random(3).tolist()
    expected = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(number,))))
    assert sample_stream(seed, number).random(3).tolist() == expected.random(3).tolist()


def test_a_fresh_seed_is_short():
    assert all(0 <= fresh_seed() < 2**31 for _ in range(100))
