"""A corpus of one item a line, read record by record in a new order each epoch. Knows ids only, no model.

Each record starts from a fresh state: its inputs are the end id and the record, its targets the record and the end id.
Records are shuffled, sorted by length within buckets so that little is padding, and cut into batches, whose order is
shuffled too; all of it follows from the seed and the epoch. Those that need more windows come in later buckets whatever
the order, and so every epoch has as many windows. Shape letters: R records, W windows of an epoch, B rows, T time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.errors import TextError
from charlm.randomness import record_stream
from charlm.text.cache import in_chunks
from charlm.text.lanes import NO_TARGET, Batch, Lanes, Reader, shrinking_notes

Numbers = npt.NDArray[np.int64]
BUCKET = 16  # batches whose records are sorted by length together


@dataclass(frozen=True, eq=False)
class EpochOrder:
    """The order of one epoch. Batch number n is made of B records from place n * B on."""

    records: Numbers  # (R,) record numbers
    batch: Numbers  # (W,) the number of the batch that a window is of
    part: Numbers  # (W,) which window of its batch it is
    before: Numbers  # (W + 1,) targets in the windows before


class RecordLanes:
    """A Reader of records: a batch of B is padded with NOTHING and cut into windows of at most T, the first reset."""

    def __init__(self, ids: npt.NDArray[Any], end_id: int, batch_size: int, seq_len: int, seed: int) -> None:
        self._ids, self._end_id, self._seed = ids, end_id, seed
        self._starts, self._lengths = _records(ids, end_id)
        records = len(self._starts)
        if not records:
            raise TextError("There are no records to read.", f"{len(ids)} characters", "A record is a line with text.")
        self.characters_per_epoch = int(self._lengths.sum()) + records
        self.batch_size = min(batch_size, records)
        self.seq_len = min(seq_len, int(self._lengths.max()) + 1)
        self.notes = shrinking_notes(batch_size, self.batch_size, seq_len, seq_len)
        self._windows = -(-(self._lengths + 1) // self.seq_len)  # (R,) that each record takes
        lasts = np.minimum(np.arange(self.batch_size, records + self.batch_size, self.batch_size), records) - 1
        self._batch_windows = np.sort(self._windows)[lasts]  # of each batch: as many as its longest record takes
        self.windows_per_epoch = int(self._batch_windows.sum())
        self._plan = lru_cache(maxsize=2)(self._planned)  # an epoch is put in order once, not for every window

    def at(self, position: int) -> Batch:
        epoch, window = divmod(position, self.windows_per_epoch)
        plan = self._plan(epoch)
        part, place = int(plan.part[window]), int(plan.batch[window]) * self.batch_size
        rows = plan.records[place : place + self.batch_size]
        lengths = np.full(self.batch_size, -1)  # a last, smaller batch has rows without even an end
        starts = np.zeros(self.batch_size, np.int64)
        lengths[: len(rows)], starts[: len(rows)] = self._lengths[rows], self._starts[rows]
        first = part * self.seq_len
        ticks = np.arange(first, min(first + self.seq_len, int(lengths.max()) + 1))[:, None]

        def symbols(offsets: Numbers) -> Numbers:
            """(T, B) what stands at these offsets in each record, the end id before and after it."""
            found = self._ids[starts + np.clip(offsets, 0, np.maximum(lengths - 1, 0))].astype(np.int64)
            return np.where((offsets >= 0) & (offsets < lengths), found, self._end_id)

        targets = np.where(ticks <= lengths, symbols(ticks), NO_TARGET)
        return Batch(symbols(ticks - 1), targets, np.full(self.batch_size, part == 0), epoch)

    def epoch_at(self, position: int) -> float:
        return self.characters_before(position) / self.characters_per_epoch

    def characters_before(self, position: int) -> int:
        epoch, window = divmod(position, self.windows_per_epoch)
        return epoch * self.characters_per_epoch + int(self._plan(epoch).before[window])

    def _planned(self, epoch: int) -> EpochOrder:
        stream = record_stream(self._seed, epoch)
        records = stream.permutation(len(self._starts))
        records = records[np.argsort(self._windows[records], kind="stable")]
        bucket = np.arange(len(records)) // (BUCKET * self.batch_size)
        records = records[np.lexsort((self._lengths[records], bucket))]
        order = stream.permutation(len(self._batch_windows))
        counts = self._batch_windows[order]
        batch = np.repeat(order, counts)
        part = np.arange(len(batch)) - np.repeat(np.cumsum(counts) - counts, counts)
        return EpochOrder(records, batch, part, self._targets_before(records, batch, part))

    def _targets_before(self, records: Numbers, batch: Numbers, part: Numbers) -> Numbers:
        targets = np.zeros(len(self._batch_windows) * self.batch_size, np.int64)
        targets[: len(records)] = self._lengths[records] + 1
        by_batch = targets.reshape(-1, self.batch_size)
        inside = np.zeros(len(batch), np.int64)
        for number in range(int(part.max()) + 1):
            which = part == number
            inside[which] = np.clip(by_batch[batch[which]] - number * self.seq_len, 0, self.seq_len).sum(axis=1)
        return np.concatenate([[0], np.cumsum(inside)])


def open_reader(
    ids: npt.NDArray[Any], batch_size: int, seq_len: int, end_id: int | None = None, seed: int = 0
) -> Reader:
    """The Reader for a text: of records where they have an end id, otherwise of running text."""
    if end_id is None:
        return Lanes(ids, batch_size, seq_len)
    return RecordLanes(ids, end_id, batch_size, seq_len, seed)


def _records(ids: npt.NDArray[Any], end_id: int) -> tuple[Numbers, Numbers]:
    """(R,) where each record starts and how long it is, its end not counted. Empty lines are no records."""
    ends, offset = [], 0
    for stretch in in_chunks(ids):
        ends.append(np.flatnonzero(stretch == end_id) + offset)
        offset += len(stretch)
    stops = np.concatenate([*ends, np.array([len(ids)])]).astype(np.int64)
    starts = np.concatenate([[0], stops[:-1] + 1])
    lengths = stops - starts
    return starts[lengths > 0], lengths[lengths > 0]
