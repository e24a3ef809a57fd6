"""Divides encoded text into train, valid and test. Knows ids only, no characters and no files.

A contiguous split cuts the text twice. A shuffled split assigns whole units, which are records or files, by a hash of
their content and a seed: equal units are in the same split, and the assignment does not depend on their order in the
text. The ids are then stored again, the units of train first, so that each split is one slice.

Shape letters: N ids, R units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from charlm.text import cache
from charlm.text.records.record_hashes import UNMAPPED, Hashes, Ids, Numbers, find_records, hash_records, mixed

SPLITS = ("train", "valid", "test")
Spans = dict[str, tuple[int, int]]  # start and end of each split, the end excluded

GATHERED = 1 << 18  # ids that are copied together
FAIR = 2  # most that the share of a split of files may differ from what was asked, as a factor


@dataclass(frozen=True, eq=False)
class Units:
    """The parts that a shuffled split keeps whole: (R,) starts, lengths and hashes. `end` is appended to each unit."""

    starts: Numbers
    lengths: Numbers
    hashes: Hashes
    end: int | None

    @property
    def doubled(self) -> int:
        """The units that repeat an earlier one."""
        ordered = np.sort(self.hashes)  # np.unique takes twenty times as long
        return int(np.count_nonzero(ordered[1:] == ordered[:-1]))

    def assigned(self, shares: Sequence[float], seed: int) -> Numbers:
        """(R,) the number of each unit's split. The first unit of the shuffled order is always in train."""
        distinct, group = np.unique(mixed(self.hashes, seed), return_inverse=True)  # sorted, which is a random order
        weights = np.bincount(group, self.lengths + (self.end is not None), len(distinct))
        middles = (np.cumsum(weights) - weights / 2) / max(weights.sum(), 1)
        splits: Numbers = np.searchsorted([shares[0], shares[0] + shares[1]], middles, side="right")
        splits[:1] = 0
        assigned: Numbers = splits[group]
        return assigned


def record_units(ids: Ids, end_id: int) -> Units:
    """The records of a text."""
    starts, lengths = find_records(ids, end_id)
    return Units(starts, lengths, hash_records(ids, starts, lengths), end_id)


def file_units(ids: Ids, ends: Sequence[int], hashes: Sequence[int] = ()) -> Units:
    """The files of a text; `ends` are the positions in it where they end. Empty files are left out.

    `hashes` are those of the files, if they are known; hash_records computes them otherwise.
    """
    stops = np.array(ends, np.int64)
    starts = np.concatenate([[0], stops[:-1]]).astype(np.int64)
    lengths = stops - starts
    filled = lengths > 0
    starts, lengths = starts[filled], lengths[filled]
    known = np.array(hashes, np.uint64)[filled] if len(hashes) else hash_records(ids, starts, lengths)
    return Units(starts, lengths, known, None)


def contiguous_spans(ids: Ids, shares: Sequence[float], end_id: int | None) -> Spans:
    """Train, valid and test in this order; with an end id, each has whole records."""
    train, valid, test = (Fraction(str(share)) for share in shares)  # in floats 0.7 + 0.2 is a little less than 0.9
    cuts = [max(2, int(len(ids) * train)), len(ids) if not test else int(len(ids) * (train + valid))]
    if end_id is not None:
        cuts = [_record_end(ids, cut, end_id) for cut in cuts]
    first, second = cuts[0], max(cuts)
    return dict(zip(SPLITS, ((0, first), (first, second), (second, len(ids))), strict=True))


def is_fair(units: Units, assigned: Numbers, shares: Sequence[float]) -> bool:
    """Whether each split has about the share that was asked for. With few or unequal files it cannot."""
    got = np.bincount(assigned, units.lengths, len(SPLITS)) / max(1, units.lengths.sum())
    return all(wanted / FAIR <= share <= wanted * FAIR for wanted, share in zip(shares, got, strict=True))


def store_shuffled(key: str, ids: Ids, units: Units, assigned: Numbers, facts: dict[str, Any]) -> cache.Entry:
    """The units as one text, those of train first, in the cache. Its facts get the `spans` of the splits."""

    def chunks() -> Iterator[Ids]:
        for split in range(len(SPLITS)):
            yield from _gathered(ids, units, np.flatnonzero(assigned == split))

    totals = np.bincount(assigned, units.lengths + (units.end is not None), len(SPLITS)).astype(np.int64)
    bounds = [0, *np.cumsum(totals).tolist()]
    spans = {name: [bounds[number], bounds[number + 1]] for number, name in enumerate(SPLITS)}
    return cache.store_entry(key, ids.dtype, chunks, lambda _: {**facts, "spans": spans})


def _gathered(ids: Ids, units: Units, chosen: Numbers) -> Iterator[Ids]:
    """The ids of the chosen units, each with its end. `chosen` is in the order of the text."""
    held: list[Ids] = []
    size = number = 0
    for run in _runs(ids, units, chosen):
        held.append(run)
        size += len(run)
        if size >= GATHERED:
            yield np.concatenate(held)
            held, size, number = [], 0, number + 1
            if number % UNMAPPED == 0:
                cache.unmap(ids)
    if held:
        yield np.concatenate(held)


def _runs(ids: Ids, units: Units, chosen: Numbers) -> Iterator[Ids]:
    """The same in slices of the text, since most units of train follow one another; each has at most GATHERED ids."""
    if not len(chosen):
        return
    end = np.array([] if units.end is None else [units.end], ids.dtype)
    starts = units.starts[chosen]
    stops = starts + units.lengths[chosen] + len(end)
    cuts = np.flatnonzero(starts[1:] != stops[:-1]) + 1
    firsts, lasts = np.append(0, cuts), np.append(cuts, len(chosen)) - 1
    plain = np.asarray(ids)  # slices of a mapped file take ten times as long
    for start, stop in zip(starts[firsts].tolist(), stops[lasts].tolist(), strict=True):
        for first in range(start, stop, GATHERED):
            yield plain[first : min(stop, first + GATHERED)]
    if stops[-1] > len(ids):  # the last record of the text, which lacks its end
        yield end


def _record_end(ids: Ids, cut: int, end_id: int) -> int:
    """The first position from `cut` on that follows the end of a record."""
    start = cut - 1
    for chunk in cache.in_chunks(ids[start:]):
        ends = np.flatnonzero(chunk == end_id)
        if len(ends):
            return start + int(ends[0]) + 1
        start += len(chunk)
    return len(ids)
