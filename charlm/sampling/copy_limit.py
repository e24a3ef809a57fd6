"""No more than N symbols in a row that stand in the training text, for rows that are generated together.

A row is looked up only when its run could have reached N: after a run of d symbols, N - d later. Knows no files.
Shape letters: B rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlm.sampling.verbatim import Verbatim, backwards

FIRST_SIZE = 256  # symbols that there is room for at first


@dataclass(frozen=True, eq=False)
class CopyLimit:
    """At most `most` symbols in a row from the training text; those that the text `begun` with count.

    The symbol `end`, which ends a record, is none of the text.
    """

    training: Verbatim
    most: int
    begun: Sequence[int] = ()
    end: int | None = None


class CopyRows:
    """The rows as they are written. It changes with every symbol, and belongs to one generation."""

    def __init__(self, limit: CopyLimit, rows: int) -> None:
        self._limit = limit
        begun = np.array(limit.begun[-limit.most :], np.uint32)
        self._length = len(begun)
        self._written = np.empty((rows, max(FIRST_SIZE, 2 * self._length)), np.uint32)
        self._written[:, : self._length] = begun
        self._due = np.full(rows, min(limit.most, self._length))  # the lengths at which the rows are looked up
        self._next = int(self._due.min())

    def forbidden(self) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """The rows that have a run of the limit already, and the ids that would lengthen it."""
        if self._next > self._length:
            return
        most, training = self._limit.most, self._limit.training
        for row in np.flatnonzero(self._due <= self._length).tolist():
            before = backwards(self._written[row, max(0, self._length - most) : self._length])
            run = training.ending(before, most) if before else 0
            if run >= most:
                ids = training.followers(before)
                yield row, ids if self._limit.end is None else ids[ids != self._limit.end]
            self._due[row] = self._length + max(1, most - run)
        self._next = int(self._due.min())

    def read(self, ids: Sequence[int]) -> None:
        """The rows have these ids more."""
        if self._length == self._written.shape[1]:
            self._written = np.concatenate([self._written, np.empty_like(self._written)], axis=1)
        self._written[:, self._length] = ids
        self._length += 1

    def keep(self, rows: Sequence[int]) -> None:
        """Only these rows continue."""
        self._written, self._due = self._written[list(rows)], self._due[list(rows)]
        self._next = int(self._due.min())
