"""Batches of pairs of similar lengths, in a new order each epoch. Knows ids only, no model.

Pairs are shuffled; within buckets of some batches they are sorted by the length of the source, then of the target; then
they are cut into batches, which are shuffled too. So there is little padding, and the rows of a batch end at few
different steps. The order depends on the seed and the epoch only.

Shape letters: R pairs, B rows, J characters of the longest source, T of the longest target, its end included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from charlm.config.settings import Settings
from charlm.pairs.pair_text import TAB, Pairs, PairText
from charlm.randomness import named_stream
from charlm.text.lanes import NO_TARGET
from charlm.text.records.record_hashes import Numbers

BUCKET = 32  # batches whose pairs are sorted together
Steps = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PairBatch:
    """Sources (J, B) and their lengths (B,); inputs and targets (T, B) of what writes: NO_TARGET after the end."""

    source: Steps
    lengths: Numbers
    inputs: Steps
    targets: Steps

    @property
    def characters(self) -> int:
        """Targets, ends included and padding not."""
        return int((self.targets != NO_TARGET).sum())


def batch_of(pairs: Pairs, start: int, end: int) -> PairBatch:
    """These pairs as a batch. `start` is the id of the tab, `end` of the line end."""
    source = _columns(pairs, pairs.starts, pairs.source_lengths, int(pairs.source_lengths.max()))
    steps = np.arange(int(pairs.target_lengths.max()) + 1)[:, None]
    target = _columns(pairs, pairs.target_starts, pairs.target_lengths, len(steps))
    targets = np.where(steps < pairs.target_lengths, target, np.where(steps == pairs.target_lengths, end, NO_TARGET))
    inputs = np.concatenate([np.full((1, len(pairs)), start), np.maximum(targets[:-1], 0)])
    return PairBatch(source, pairs.source_lengths, inputs, targets)


def _columns(pairs: Pairs, starts: Numbers, lengths: Numbers, steps: int) -> Steps:
    """(steps, B) the ids from these starts on; after the length, the last one again."""
    at = starts + np.minimum(np.arange(steps)[:, None], lengths - 1)
    return np.asarray(pairs.ids[at], np.int64)


class PairLanes:
    """The batches of a split of pairs, in endless epochs (training/task.py: Passes)."""

    def __init__(self, pairs: Pairs, batch_size: int, seed: int, start: int, end: int) -> None:
        self._pairs, self._seed, self._ends = pairs, seed, (start, end)
        self.batch_size = min(batch_size, len(pairs))
        self.seq_len = int(pairs.target_lengths.max()) + 1
        self.longest_source = int(pairs.source_lengths.max())
        short = self.batch_size < batch_size
        self.notes = (f"there are few pairs: batch_size is {self.batch_size}, not {batch_size}",) if short else ()
        self.characters_per_epoch = pairs.characters
        self.windows_per_epoch = -(-len(pairs) // self.batch_size)
        self._order = lru_cache(maxsize=2)(self._shuffled)  # computed once an epoch, not for every batch

    def at(self, position: int) -> PairBatch:
        """The batch at a position, counted from 0 at the start of training. One batch of an epoch may be smaller."""
        epoch, batch = divmod(position, self.windows_per_epoch)
        return batch_of(self._pairs.take(self._order(epoch)[0][batch]), *self._ends)

    def epoch_at(self, position: int) -> float:
        epoch, batch = divmod(position, self.windows_per_epoch)
        return epoch + int(self._order(epoch)[1][batch]) / self.characters_per_epoch

    def _shuffled(self, epoch: int) -> tuple[list[Numbers], Numbers]:
        """The pairs of each batch of an epoch, the longest source first; (W + 1,) the targets before each batch."""
        stream = named_stream(self._seed, "pairs", epoch)
        numbers = stream.permutation(len(self._pairs))
        bucket = np.arange(len(numbers)) // (BUCKET * self.batch_size)
        lengths = self._pairs.source_lengths[numbers], self._pairs.target_lengths[numbers]
        numbers = numbers[np.lexsort((lengths[1], -lengths[0], bucket))]
        cuts = np.arange(self.batch_size, len(numbers), self.batch_size)
        batches = np.split(numbers, cuts)
        batches = [batches[number] for number in stream.permutation(len(batches)).tolist()]
        counts = [int(self._pairs.target_lengths[batch].sum()) + len(batch) for batch in batches]
        return batches, np.concatenate([[0], np.cumsum(counts)])


def lanes_of(pairs: PairText, settings: Settings) -> PairLanes:
    """The pairs of train in batches."""
    symbols, training = pairs.corpus.vocabulary.symbols, settings.training
    return PairLanes(pairs.split("train"), training.batch_size, training.seed, symbols.index(TAB), symbols.index("\n"))
