"""No more than N symbols in a row that stand in the training text, for rows that are generated together.

A row is looked up only when its run could have reached N: after a run of d symbols, N - d later, or a little sooner if
another row is looked up then. Until then all symbols are free, and a model may draw them by itself. It may even draw
more of them, which are looked at afterwards: a run seldom comes near a limit that is worth having. Knows no files.
Shape letters: B rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlm.sampling.copies.verbatim import Verbatim

TOGETHER = 4  # rows that are due within a quarter of the limit are looked up together: others are free for longer
MOST_UNSEEN = 256  # symbols that are drawn before they are looked at
NONE = np.zeros(0, np.intp)
FEWEST_KEPT = 256  # symbols that are kept at least before the older ones are forgotten


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
        self._limit, self._training = limit, limit.training
        begun = limit.begun[-limit.most :]
        self._texts = [limit.training.as_bytes(begun)] * rows  # the ends of the rows' texts
        self._length = len(begun)
        self._gone = 0  # symbols that are no longer kept
        self._due = [self._length] * rows  # the lengths at which the rows are looked up
        self._next = self._length
        self._since = MOST_UNSEEN  # symbols since something was forbidden

    @property
    def free(self) -> int:
        """How many symbols may follow in every row before the run of one could have reached the limit."""
        return max(0, self._next - self._length)

    @property
    def ahead(self) -> int:
        """How many symbols to draw before they are looked at: those that are free, and more if long none was forbidden.

        So at most half of what is drawn is drawn in vain.
        """
        return max(self.free, self._since)

    def forbidden(self) -> list[tuple[int, NDArray[np.intp]]]:
        """The rows that have a run of the limit already, and the ids that would lengthen it."""
        most, end = self._limit.most, self._length - self._gone
        soon = self._length + most // TOGETHER
        found = []
        for row, due in enumerate(self._due):
            if due <= soon:
                run = self._training.ending(self._texts[row], end, most)
                ids = self._followers(row) if run >= most else NONE
                self._due[row] = self._length + (most - run if len(ids) else max(1, most - run))
                if len(ids):
                    self._since = 0
                    found.append((row, ids))
        self._next = min(self._due)
        return found

    def _followers(self, row: int) -> NDArray[np.intp]:
        width, end = self._training.width, self._length - self._gone
        ids = self._training.followers(self._texts[row][(end - self._limit.most) * width : end * width])
        return ids if self._limit.end is None else ids[ids != self._limit.end]

    def read(self, steps: NDArray[np.integer[Any]]) -> int:
        """The rows have the ids (N, B) more, up to the first place where some would be forbidden.

        Gives how many steps that are. What is free is read without a look.
        """
        for row, ids in enumerate(steps.T):
            self._texts[row] += self._training.as_bytes(ids)
        first = self._length
        end = first + len(steps)
        self._since = min(self._since + len(steps), MOST_UNSEEN)
        self._length = min(end, first + max(1, self.free))  # the first step was looked at, if it is not free
        while self._length < end:
            self._look_ahead(end)
            self._length = min(end, self._next)
            if self._length < end and self.forbidden():
                break
        self._keep_ends()
        return self._length - first

    def _look_ahead(self, end: int) -> None:
        """Find the first place before the end at which a row has a run of the limit, or where to look after the end."""
        found = self._next_runs(end)
        if min(found) < end:  # what comes after the first such place may be drawn anew
            found = self._next_runs(min(found))
        self._due, self._next = found, min(found)

    def _next_runs(self, end: int) -> list[int]:
        """The place of each row as `Verbatim.next_run` gives it."""
        gone, length, most, look = self._gone, self._length, self._limit.most, self._training.next_run
        return [
            due if due >= end else gone + look(text, max(due, length) - gone, end - gone, most)
            for text, due in zip(self._texts, self._due, strict=True)
        ]

    def _keep_ends(self) -> None:
        """Leave out what was not read, and sometimes what is too far back to be of a run."""
        width, end = self._training.width, self._length - self._gone
        begin = end - self._limit.most if end > 2 * self._limit.most + FEWEST_KEPT else 0
        if begin or end * width < len(self._texts[0]):
            self._texts = [text[begin * width : end * width] for text in self._texts]
            self._gone += begin

    def keep(self, rows: Sequence[int]) -> None:
        """Only these rows continue."""
        self._texts = [self._texts[row] for row in rows]
        self._due = [self._due[row] for row in rows]
        self._next = min(self._due)
