"""No more than N symbols in a row that stand in the training text, for rows that are generated together.

A row is looked up only when its run could have reached N: after a run of d symbols, N - d later, or a little sooner if
another row is looked up then. Until then all symbols are free, and a model may draw them by itself. It may even draw
more of them, which are looked at afterwards: a run seldom comes near a limit that is worth having. Knows no files.
Shape letters: B rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charlm.sampling.copies.verbatim import Verbatim

USUAL_RUN = 16  # symbols; most runs are shorter, and are found without a look at more of the text
TOGETHER = 4  # rows that are due within a quarter of the limit are looked up together: others are free for longer
MOST_UNSEEN = 64  # symbols that are drawn before they are looked at
NONE = np.zeros(0, np.intp)
FEWEST_KEPT = 256  # steps that are kept at least before the older ones are forgotten


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
        self._steps: list[Sequence[int]] = [[symbol] * rows for symbol in limit.begun[-limit.most :]]
        self._due = [len(self._steps)] * rows  # the lengths at which the rows are looked up
        self._next = len(self._steps)
        self._gone = 0  # steps that are no longer kept
        self._since = MOST_UNSEEN  # steps since something was forbidden

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

    @property
    def _length(self) -> int:
        return self._gone + len(self._steps)

    def forbidden(self) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """The rows that have a run of the limit already, and the ids that would lengthen it."""
        length, most = self._length, self._limit.most
        soon = length + most // TOGETHER
        for row, due in enumerate(self._due):
            if due <= soon:
                run = self._run(row)
                ids = self._followers(row) if run >= most else NONE
                self._due[row] = length + (most - run if len(ids) else max(1, most - run))
                if len(ids):
                    self._since = 0
                    yield row, ids
        self._next = min(self._due)

    def _followers(self, row: int) -> NDArray[np.intp]:
        ids = self._limit.training.followers(self._before(row, self._limit.most))
        return ids if self._limit.end is None else ids[ids != self._limit.end]

    def _run(self, row: int) -> int:
        """How many of the last symbols of a row stand together in the training text, up to the limit."""
        most = min(USUAL_RUN, self._limit.most)
        run = self._limit.training.ending(self._before(row, most), most)
        if run < most or most == self._limit.most:
            return run
        return self._limit.training.ending(self._before(row, self._limit.most), self._limit.most)

    def _before(self, row: int, most: int) -> str:
        """The last symbols of a row backwards, as `Verbatim` takes them."""
        return "".join([chr(step[row]) for step in self._steps[: -most - 1 : -1]])

    def read(self, steps: Sequence[Sequence[int]]) -> int:
        """The rows have the ids of these steps more, up to the first place where some would be forbidden.

        Gives how many steps that are. What is free is read without a look.
        """
        done = 0
        while True:
            new = steps[done : done + max(1, self.free)]
            self._steps.extend(new)
            self._since = min(self._since + len(new), MOST_UNSEEN)
            done += len(new)
            if len(self._steps) > 2 * self._limit.most + FEWEST_KEPT:
                self._forget()
            if done == len(steps) or [*self.forbidden()]:
                return done

    def keep(self, rows: Sequence[int]) -> None:
        """Only these rows continue."""
        self._forget()
        self._steps = [[step[row] for row in rows] for step in self._steps]
        self._due = [self._due[row] for row in rows]
        self._next = min(self._due)

    def _forget(self) -> None:
        """Keep the last steps alone, as many as a run may have."""
        unneeded = max(0, len(self._steps) - self._limit.most)
        self._steps = self._steps[unneeded:]
        self._gone += unneeded
