"""Records of ids and their hashes, compared with what Python computes record by record."""

import numpy as np
import pytest

from charlm.text.records import record_hashes
from charlm.text.records.record_hashes import FACTOR, find_records, hash_records, mixed

END = 0


def of(*records):
    return np.concatenate([np.array([*record, END], np.uint16) for record in records])


def test_empty_records_are_left_out_and_the_last_needs_no_end():
    starts, lengths = find_records(np.array([0, 5, 6, 0, 0, 7]), END)
    assert (starts.tolist(), lengths.tolist()) == ([1, 5], [2, 1])


@pytest.mark.parametrize("hashed", [1, 2, 3, 7, 1 << 18])
def test_a_hash_is_the_polynomial_wherever_the_chunks_end(monkeypatch, hashed):
    monkeypatch.setattr(record_hashes, "HASHED", hashed)
    records = [[1, 2, 3], [3, 2, 1], [9] * 20, [1, 2, 3], [65535]]
    ids = of(*records)
    expected = [sum((one + 1) * FACTOR**at for at, one in enumerate(record)) % 2**64 for record in records]
    assert hash_records(ids, *find_records(ids, END)).tolist() == expected


def test_equal_records_and_only_they_share_a_hash():
    rng = np.random.default_rng(1)
    records = [rng.integers(1, 5, size=rng.integers(1, 6)).tolist() for _ in range(3000)]
    ids = of(*records)
    hashes = hash_records(ids, *find_records(ids, END))
    assert len(np.unique(hashes)) == len({tuple(record) for record in records})


def test_each_seed_gives_another_order():
    hashes = np.arange(1000, dtype=np.uint64)
    orders = {tuple(np.argsort(mixed(hashes, seed))) for seed in (0, 1, 2, 2**63 - 1)}
    assert len(orders) == 4
    assert mixed(hashes, 3).tolist() == mixed(hashes, 3).tolist()
