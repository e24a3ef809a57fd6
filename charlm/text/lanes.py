"""Cuts a text into windows for truncated backpropagation through time. Knows ids only: no characters, no model.

A text of N ids has M = N - 1 targets: each id after the first, with the id before it as its input. The targets are
divided into B contiguous segments. In epoch e lane k reads segment (k + e) mod B. That segment starts where the lane
stopped in the epoch before, so a lane's state always belongs to the text before it. Shape letters: B lanes, T time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from charlm.errors import TextError

NO_TARGET = -1  # no target here: excluded from loss and score
STRIDE = 37  # characters by which the cuts move each epoch; a prime, so that they reach every position


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs and targets (T, B) int64, time first; reset (B,) bool: the lanes that start from a fresh state."""

    inputs: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    reset: npt.NDArray[np.bool_]
    epoch: int


class Reader(Protocol):
    """An endless sequence of windows of a text, with random access at a constant cost."""

    @property
    def batch_size(self) -> int:
        """B: as requested, or smaller if the text is short."""
        ...

    @property
    def seq_len(self) -> int:
        """T of the longest windows: as requested, or smaller if the text is short."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was reduced for a short text, for people to read."""
        ...

    @property
    def windows_per_epoch(self) -> int:
        """Windows that have every target once."""
        ...

    @property
    def characters_per_epoch(self) -> int:
        """Targets in an epoch, without NO_TARGET."""
        ...

    def at(self, position: int) -> Batch:
        """The window at a position, counted from 0 at the start of training."""
        ...

    def epoch_at(self, position: int) -> float:
        """The epochs read before the window at a position, with a fraction."""
        ...

    def characters_before(self, position: int) -> int:
        """Targets in the windows before a position."""
        ...


class Lanes:
    """A Reader of running text: B parallel lanes, each with its state carried from window to window.

    Segments differ in length by at most one. In the last step of an epoch a lane with a shorter segment repeats its
    input and has the target NO_TARGET. The first window of an epoch varies in length, and the last one compensates, so
    that gradients are not cut at the same positions in every epoch.
    """

    def __init__(self, ids: npt.NDArray[Any], batch_size: int, seq_len: int) -> None:
        targets = len(ids) - 1
        if targets < 1:
            raise TextError("The text is too short", f"{len(ids)} characters", "Training needs at least two.")
        self.ids = ids
        self.characters_per_epoch = targets
        self.seq_len = min(seq_len, targets)
        self.batch_size = min(batch_size, max(1, targets // self.seq_len))
        self.notes = shrinking_notes(batch_size, self.batch_size, seq_len, self.seq_len)
        self.bounds = np.arange(self.batch_size + 1, dtype=np.int64) * targets // self.batch_size
        self._steps = -(-targets // self.batch_size)  # time steps of the longest segment
        self.windows_per_epoch = -(-self._steps // self.seq_len)

    def at(self, position: int) -> Batch:
        epoch, first, end = self.span(position)
        segments = (np.arange(self.batch_size) + epoch) % self.batch_size
        wanted = self.bounds[segments] + np.arange(first, end)[:, None]
        last = self.bounds[segments + 1] - 1
        positions = np.minimum(wanted, last)
        targets = self.ids[positions + 1].astype(np.int64)
        targets[wanted > last] = NO_TARGET
        reset = (segments == 0) | (epoch == 0) if first == 0 else np.zeros(self.batch_size, np.bool_)
        return Batch(self.ids[positions].astype(np.int64), targets, reset, epoch)

    def span(self, position: int) -> tuple[int, int, int]:
        """The epoch of the window at a position, and the window's first and last time step in it, the last excluded."""
        epoch, window = divmod(position, self.windows_per_epoch)
        return epoch, self._start(epoch, window), self._start(epoch, window + 1)

    def epoch_at(self, position: int) -> float:
        return self.characters_before(position) / self.characters_per_epoch

    def characters_before(self, position: int) -> int:
        epoch, window = divmod(position, self.windows_per_epoch)
        return epoch * self.characters_per_epoch + self._start(epoch, window) * self.batch_size

    def _start(self, epoch: int, window: int) -> int:
        """The time step of an epoch at which a window begins."""
        if window == 0:
            return 0
        if window == self.windows_per_epoch:
            return self._steps
        rest = self._steps - (self.windows_per_epoch - 1) * self.seq_len  # of the last window, unshifted: 1 to T
        shift = epoch * STRIDE % (self.seq_len - rest + 1)
        return window * self.seq_len - shift


def shrinking_notes(batch_size: int, new_batch_size: int, seq_len: int, new_seq_len: int) -> tuple[str, ...]:
    """Notes on what was reduced for a short text."""
    changes = (("batch_size", batch_size, new_batch_size), ("seq_len", seq_len, new_seq_len))
    return tuple(f"the text is short: {name} is {new}, not {old}" for name, old, new in changes if new != old)
