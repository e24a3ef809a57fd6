"""Reads a text of one record a line, in a new order each epoch. Knows ids only, no model.

Each record starts from a fresh state: its inputs are the end id and the record, its targets the record and the end id,
or those of them that count (answers.py).
Records are shuffled, sorted by length within buckets to keep padding small, and cut into batches, which are shuffled
too. The order depends on the seed and the epoch only. Records that need more windows always come in later buckets, so
every epoch has the same number of windows. Shape letters: R records, W windows of an epoch, B rows, T time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.config.settings import TextSettings
from charlm.errors import TextError
from charlm.randomness import record_stream
from charlm.text.lanes import NO_TARGET, Batch, Lanes, Reader, shrinking_notes
from charlm.text.records.answers import ALL, Scored, first_scored
from charlm.text.records.forms import record_end
from charlm.text.records.record_hashes import Numbers, find_records
from charlm.text.vocabulary import Vocabulary

BUCKET = 16  # batches whose records are sorted by length together


@dataclass(frozen=True, eq=False)
class EpochOrder:
    """The order of one epoch. Batch n has the B records from position n * B on."""

    records: Numbers  # (R,) record numbers
    batch: Numbers  # (W,) the number of each window's batch
    part: Numbers  # (W,) the number of each window within its batch
    before: Numbers  # (W + 1,) targets in the windows before each


class RecordLanes:
    """A Reader of records: each batch is padded with NO_TARGET and cut into windows of at most T, the first reset."""

    def __init__(
        self, ids: npt.NDArray[Any], end_id: int, batch_size: int, seq_len: int, seed: int, scored: Scored = ALL
    ) -> None:
        self._ids, self._end_id, self._seed = ids, end_id, seed
        self._starts, self._lengths = find_records(ids, end_id)
        records = len(self._starts)
        if not records:
            raise TextError("The text has no records", f"{len(ids)} characters", "A record is a line with text.")
        # (R,) steps from which targets count
        self._firsts = first_scored(ids, self._starts, self._lengths, scored.mark)
        self._ends = int(scored.end)
        self.characters_per_epoch = int((self._lengths - self._firsts).sum()) + records * self._ends
        if not self.characters_per_epoch:
            raise TextError("No character of the text counts", "text.answer_after", "Put something after the marks.")
        self.batch_size = min(batch_size, records)
        self.seq_len = min(seq_len, int(self._lengths.max()) + 1)
        self.notes = shrinking_notes(batch_size, self.batch_size, seq_len, seq_len)
        self.notes += cutting_notes(int(self._lengths.max()) + 1, seq_len, scored)
        self._windows = -(-(self._lengths + 1) // self.seq_len)  # (R,) windows of each record
        lasts = np.minimum(np.arange(self.batch_size, records + self.batch_size, self.batch_size), records) - 1
        self._batch_windows = np.sort(self._windows)[lasts]  # windows of each batch: those of its longest record
        self.windows_per_epoch = int(self._batch_windows.sum())
        self._order = lru_cache(maxsize=2)(self._shuffled)  # computed once an epoch, not for every window

    def at(self, position: int) -> Batch:
        epoch, part, starts, lengths, steps, counts = self._window(position)

        def symbols(offsets: Numbers) -> Numbers:
            """(T, B) the symbols at these offsets of each record; the end id before and after it."""
            found = self._ids[starts + np.clip(offsets, 0, np.maximum(lengths - 1, 0))].astype(np.int64)
            return np.where((offsets >= 0) & (offsets < lengths), found, self._end_id)

        targets = np.where(counts, symbols(steps), NO_TARGET)
        return Batch(symbols(steps - 1), targets, np.full(self.batch_size, part == 0), epoch)

    @property
    def starts(self) -> Numbers:
        """(R,) where each record begins, in the order of the text."""
        return self._starts

    def places(self, position: int) -> Numbers:
        """(T, B) where in the text each target of the window at a position is; NO_TARGET where there is none.

        The end of a last record that has none in the text would be after the last id.
        """
        _, _, starts, _, steps, counts = self._window(position)
        return np.where(counts, starts + steps, NO_TARGET)

    def _window(self, position: int) -> tuple[int, int, Numbers, Numbers, Numbers, npt.NDArray[np.bool_]]:
        """The epoch, the window's number in its batch, its records' starts (B,) and lengths (B,), its steps (T, 1), and
        which of its targets count (T, B).

        The last batch may be smaller: an unused row has the length -1, so that it has no symbols and no end.
        """
        epoch, window = divmod(position, self.windows_per_epoch)
        order = self._order(epoch)
        part, start = int(order.part[window]), int(order.batch[window]) * self.batch_size
        rows = order.records[start : start + self.batch_size]
        lengths, starts = np.full(self.batch_size, -1), np.zeros(self.batch_size, np.int64)
        firsts, stops = np.zeros_like(starts), np.zeros_like(starts)
        lengths[: len(rows)], starts[: len(rows)] = self._lengths[rows], self._starts[rows]
        firsts[: len(rows)], stops[: len(rows)] = self._firsts[rows], self._lengths[rows] + self._ends
        first = part * self.seq_len
        steps = np.arange(first, min(first + self.seq_len, int(lengths.max()) + 1))[:, None]
        return epoch, part, starts, lengths, steps, (steps >= firsts) & (steps < stops)

    def epoch_at(self, position: int) -> float:
        return self.characters_before(position) / self.characters_per_epoch

    def characters_before(self, position: int) -> int:
        epoch, window = divmod(position, self.windows_per_epoch)
        return epoch * self.characters_per_epoch + int(self._order(epoch).before[window])

    def _shuffled(self, epoch: int) -> EpochOrder:
        stream = record_stream(self._seed, epoch)
        records = stream.permutation(len(self._starts))
        records = records[np.argsort(self._windows[records], kind="stable")]
        bucket = np.arange(len(records)) // (BUCKET * self.batch_size)
        records = records[np.lexsort((self._lengths[records], bucket))]
        batches = stream.permutation(len(self._batch_windows))
        counts = self._batch_windows[batches]
        batch = np.repeat(batches, counts)
        part = np.arange(len(batch)) - np.repeat(np.cumsum(counts) - counts, counts)
        return EpochOrder(records, batch, part, self._targets_before(records, batch, part))

    def _targets_before(self, records: Numbers, batch: Numbers, part: Numbers) -> Numbers:
        # of each row the first step that counts, and the one where that ends
        rows = np.zeros((2, len(self._batch_windows) * self.batch_size), np.int64)
        rows[:, : len(records)] = self._firsts[records], self._lengths[records] + self._ends
        firsts, stops = rows.reshape(2, -1, self.batch_size)
        inside = np.zeros(len(batch), np.int64)
        for number in range(int(part.max()) + 1):
            which = part == number
            start, of = number * self.seq_len, batch[which]
            until = [np.clip(steps[of] - start, 0, self.seq_len) for steps in (firsts, stops)]
            inside[which] = (until[1] - until[0]).sum(axis=1)
        return np.concatenate([[0], np.cumsum(inside)])


def cutting_notes(longest: int, seq_len: int, scored: Scored) -> tuple[str, ...]:
    """A note if a record is longer than a window and an answer may need what is in the window before it."""
    if scored.mark is None or longest <= seq_len:
        return ()
    what = f"records have up to {longest} characters, and windows {seq_len}: no gradient passes from one to the next"
    return (f"{what}; -s training.seq_len={longest} lets answers learn from all that is given",)


def open_reader(
    ids: npt.NDArray[Any],
    batch_size: int,
    seq_len: int,
    end_id: int | None = None,
    seed: int = 0,
    scored: Scored = ALL,
) -> Reader:
    """The Reader for a text: of records if there is an end id, otherwise of running text."""
    if end_id is None:
        return Lanes(ids, batch_size, seq_len)
    return RecordLanes(ids, end_id, batch_size, seq_len, seed, scored)


def record_end_id(settings: TextSettings, vocabulary: Vocabulary) -> int | None:
    """The id that ends a record in texts with these settings; None if they have no records."""
    end = record_end(settings)
    return vocabulary.symbols.index(end) if end in vocabulary.symbols else None
