"""A text cut into windows for truncated backpropagation through time. Knows ids only: no characters, no model.

A text of N ids has M = N - 1 targets: each id after the first, with the one before it as its input. B lanes share them
out as contiguous segments of a circular track. In epoch e lane k reads segment (k + e) mod B from its start, which is
where it stopped in the epoch before, so that its state stays true to the text. Shape letters: B lanes, T time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from charlm.errors import TextError

NO_TARGET = -1  # a target that is not there: nothing is learnt from it, and nothing scored
STRIDE = 37  # characters by which the cuts move from epoch to epoch; a prime, so that they come everywhere


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs and targets (T, B) int64, time first; reset (B,) bool: lanes whose state starts fresh before them."""

    inputs: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    reset: npt.NDArray[np.bool_]
    epoch: int


class Reader(Protocol):
    """Windows on a text, in an order without end; each can be asked for at any time, at a cost that does not grow."""

    @property
    def batch_size(self) -> int:
        """B, as it was asked for or as the text allows."""
        ...

    @property
    def seq_len(self) -> int:
        """T of the longest windows, as it was asked for or as the text allows."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was made smaller, for a person to read."""
        ...

    @property
    def windows_per_epoch(self) -> int:
        """Windows in which every target comes once."""
        ...

    @property
    def characters_per_epoch(self) -> int:
        """Targets in an epoch, NOTHING not counted."""
        ...

    def at(self, position: int) -> Batch:
        """The window at a position, counted from 0 at the start of training."""
        ...

    def epoch_at(self, position: int) -> float:
        """How many times the text was read before the window at a position."""
        ...

    def characters_before(self, position: int) -> int:
        """Targets in the windows before a position, exactly."""
        ...


class Lanes:
    """A Reader of running text: B lanes side by side, the state of each carried from window to window.

    Lanes whose segment is one shorter than the longest wait in the last tick of an epoch: the target is NOTHING, the
    input is repeated. The first window of an epoch varies in length between what the last one would need and T, so that
    gradients are not cut at the same places in every epoch; the last window makes up for it.
    """

    def __init__(self, ids: npt.NDArray[Any], batch_size: int, seq_len: int) -> None:
        targets = len(ids) - 1
        if targets < 1:
            raise TextError("There is nothing to read.", f"{len(ids)} characters", "It takes at least two of them.")
        self.ids = ids
        self.characters_per_epoch = targets
        self.seq_len = min(seq_len, targets)
        self.batch_size = min(batch_size, max(1, targets // self.seq_len))
        self.notes = shrinking_notes(batch_size, self.batch_size, seq_len, self.seq_len)
        self.bounds = np.arange(self.batch_size + 1, dtype=np.int64) * targets // self.batch_size
        self._ticks = -(-targets // self.batch_size)  # of the longest segment
        self.windows_per_epoch = -(-self._ticks // self.seq_len)

    def at(self, position: int) -> Batch:
        epoch, first, end = self.span(position)
        segments = (np.arange(self.batch_size) + epoch) % self.batch_size
        wanted = self.bounds[segments] + np.arange(first, end)[:, None]
        last = self.bounds[segments + 1] - 1
        places = np.minimum(wanted, last)
        targets = self.ids[places + 1].astype(np.int64)
        targets[wanted > last] = NO_TARGET
        reset = (segments == 0) | (epoch == 0) if first == 0 else np.zeros(self.batch_size, np.bool_)
        return Batch(self.ids[places].astype(np.int64), targets, reset, epoch)

    def span(self, position: int) -> tuple[int, int, int]:
        """The epoch of the window at a position, and the ticks of it between which the window lies."""
        epoch, window = divmod(position, self.windows_per_epoch)
        return epoch, self._start(epoch, window), self._start(epoch, window + 1)

    def epoch_at(self, position: int) -> float:
        return self.characters_before(position) / self.characters_per_epoch

    def characters_before(self, position: int) -> int:
        epoch, window = divmod(position, self.windows_per_epoch)
        return epoch * self.characters_per_epoch + self._start(epoch, window) * self.batch_size

    def _start(self, epoch: int, window: int) -> int:
        """The tick of an epoch at which a window begins."""
        if window == 0:
            return 0
        if window == self.windows_per_epoch:
            return self._ticks
        rest = self._ticks - (self.windows_per_epoch - 1) * self.seq_len  # what is left for the last, 1 to T
        shift = epoch * STRIDE % (self.seq_len - rest + 1)
        return window * self.seq_len - shift


def shrinking_notes(batch_size: int, new_batch_size: int, seq_len: int, new_seq_len: int) -> tuple[str, ...]:
    """Notes on what a short text made smaller."""
    changes = (("batch_size", batch_size, new_batch_size), ("seq_len", seq_len, new_seq_len))
    return tuple(f"the text is short: {name} is {new}, not {old}" for name, old, new in changes if new != old)
