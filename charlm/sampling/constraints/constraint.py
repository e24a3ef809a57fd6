"""A constraint on what is written: an automaton, when a text that it accepts ends, and what the constraint costs.

At every step only those symbols may be drawn from which the text can still be accepted within the symbols that remain,
so that every text is accepted as a whole and none is cut off. This is not sampling from p(text | accepted): a symbol
counts for what the model gives it, and not for what can follow it.

A running text has no end of its own. So in a text that is accepted as it is, what the model would write but the
automaton forbids may be drawn too: the text ends before it (`leaves`). A record ends at its end symbol instead, and a
text of any length, such as one of some characters alone, where the length says. Knows no model.
Shape letters: B rows, S states, V symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from charlm.sampling.constraints.automaton import FORBIDDEN, NEVER, Automaton, trimmed

LEFT, COMPLETE = -1, -2  # instead of a state, of a text that has ended
States = NDArray[np.intp]  # (B,)
Symbols = NDArray[np.bool_]  # (B, V) or (S, V)


@dataclass(frozen=True, eq=False)
class Constraint:
    """The automaton; the symbols (V,) that end an accepted text if they cannot follow; the id that ends a record."""

    automaton: Automaton
    leaves: NDArray[np.bool_] | None = None
    end: int | None = None

    @cached_property
    def _distance_after(self) -> NDArray[np.int32]:
        """(S, V) the distance to acceptance of the state after each symbol."""
        table = self.automaton.table
        return np.where(table >= 0, self.automaton.distance[np.maximum(table, 0)], NEVER)

    @cached_property
    def _forbidden(self) -> Symbols:
        """(S, V) the steps that the automaton does not have."""
        return np.asarray(self.automaton.table < 0)

    @cached_property
    def _leaving(self) -> Symbols:
        """(S, V) the symbols before which the text may end."""
        leaves = False if self.leaves is None else self.leaves
        return np.asarray(self._forbidden & self.automaton.accepting[:, None] & leaves)

    @cached_property
    def _free(self) -> Symbols:
        """(S, V) what may be drawn if the length is no matter."""
        return ~self._forbidden | self._leaving

    @cached_property
    def _farthest(self) -> int:
        return int(self.automaton.distance.max()) + 1

    @property
    def fewest(self) -> int:
        """The fewest symbols of a text that is accepted, but for the end of a record; 0 if the empty one is."""
        return int(self.automaton.distance[0])

    def first(self, rows: int) -> States:
        """The states before the first symbol."""
        return np.zeros(rows, np.intp)

    def allowed(self, states: States, left: int, begins: bool = False) -> Symbols:
        """(B,) states to (B, V): which symbols may be drawn if `left` more may be written, this one included.

        If the text `begins`, nothing may be drawn that leaves it empty, unless nothing else may be.
        """
        if begins:
            steps = np.asarray(self._distance_after[states] < left)
            ends = self._leaving[states]
            if self.end is not None:
                ends[:, self.end] |= steps[:, self.end]
                steps[:, self.end] = False
            any_step = np.asarray(steps.any(axis=1, keepdims=True))
            return np.where(any_step, steps, ends)
        if left > self._farthest:
            return self._free.take(states, axis=0)
        near = np.asarray(self._distance_after[states] < left)
        return near if self.leaves is None else near | self._leaving[states]

    def after(self, states: States, ids: Sequence[int]) -> States:
        """The states after these ids (B,): COMPLETE if nothing can follow, LEFT if the text ends before its id."""
        return self._steps.take(states * self.automaton.symbols + ids)

    @cached_property
    def _steps(self) -> States:
        """(S, V) what `after` gives."""
        table = self.automaton.table
        final = np.append(self._forbidden.all(axis=1), False)  # FORBIDDEN finds the last one
        return np.where(final[table], COMPLETE, np.where(self._forbidden, LEFT, table)).astype(np.intp)


def of_records(automaton: Automaton, end: int) -> Constraint | None:
    """The constraint on records that end with the id `end`, which cannot stand within one. None if there are none."""
    table, states = automaton.table.copy(), automaton.states
    table[:, end] = np.where(automaton.accepting, states, FORBIDDEN)
    table = np.vstack([table, np.full((1, automaton.symbols), FORBIDDEN, np.int32)])
    # The state before the end is what counts for the length; the end itself is one more symbol that may be missing.
    found = trimmed(table, np.append(automaton.accepting, True))
    return None if found is None else Constraint(found, end=end)
