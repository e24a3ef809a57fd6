"""Records of validation that also stand in the training text. Knows ids only, no characters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.text.records.record_hashes import Ids, find_records, hash_records


@dataclass(frozen=True)
class Doubles:
    """How many records validation has, how many of them stand in training, and where the first of these begin."""

    records: int
    repeated: int
    first: tuple[tuple[int, int], ...]  # start and length in the validation text

    @property
    def share(self) -> float:
        """The share of the records that are repeated; 0 if there are none."""
        return self.repeated / self.records if self.records else 0.0


def find_doubles(train: Ids, valid: Ids, end_id: int, most: int = 100) -> Doubles:
    """Which records of `valid` stand in `train`, as a whole; `first` has up to `most` of them."""
    starts, lengths = find_records(valid, end_id)
    known = np.isin(hash_records(valid, starts, lengths), hash_records(train, *find_records(train, end_id)))
    first = zip(starts[known][:most].tolist(), lengths[known][:most].tolist(), strict=True)
    return Doubles(len(starts), int(known.sum()), tuple(first))
