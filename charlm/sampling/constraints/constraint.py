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
States = NDArray[np.int64]  # (B,)
Symbols = NDArray[np.bool_]  # (B, V) or (S, V)


@dataclass(frozen=True, eq=False)
class Constraint:
    """The automaton; the symbols (V,) that end an accepted text if they cannot follow; the id that ends a record."""

    automaton: Automaton
    leaves: NDArray[np.bool_] | None = None
    end: int | None = None

    @cached_property
    def needed(self) -> NDArray[np.int32]:
        """(S, V) a symbol may be drawn if it needs fewer symbols than are left, itself one of them.

        It needs those to acceptance after it; NEVER if it is forbidden, and none if the text may end before it.
        """
        table = self.automaton.table
        found: NDArray[np.int32] = np.where(table < 0, NEVER, self.automaton.distance[table]).astype(np.int32)
        if self.leaves is not None:
            found[(table < 0) & self.automaton.accepting[:, None] & self.leaves] = 0
        return found

    @cached_property
    def steps(self) -> NDArray[np.int64]:
        """(S, V) the state after each symbol; COMPLETE if nothing can follow, LEFT if the text ends before it."""
        table = self.automaton.table
        forbidden = table < 0
        final = np.append(forbidden.all(axis=1), False)  # FORBIDDEN finds the last one
        return np.where(final[table], COMPLETE, np.where(forbidden, LEFT, table)).astype(np.int64)

    @property
    def fewest(self) -> int:
        """The fewest symbols of a text that is accepted, but for the end of a record; 0 if the empty one is."""
        return int(self.automaton.distance[0])

    def first(self, rows: int) -> States:
        """The states before the first symbol."""
        return np.zeros(rows, np.int64)

    def allowed(self, states: States, left: int, begins: bool = False) -> Symbols:
        """(B,) states to (B, V): which symbols may be drawn if `left` more may be written, this one included.

        If the text `begins`, nothing may be drawn that leaves it empty, unless nothing else may be.
        """
        free = np.asarray(self.needed.take(states, axis=0) < min(left, NEVER))
        if not begins:
            return free
        ends = self.automaton.table[states] < 0
        if self.end is not None:
            ends[:, self.end] = True
        steps = free & ~ends
        return np.where(steps.any(axis=1, keepdims=True), steps, free)

    def after(self, states: States, ids: Sequence[int]) -> States:
        """The states after these ids (B,)."""
        return self.steps.take(states * self.automaton.symbols + ids)


def of_records(automaton: Automaton, end: int) -> Constraint | None:
    """The constraint on records that end with the id `end`, which cannot stand within one. None if there are none."""
    table, states = automaton.table.copy(), automaton.states
    table[:, end] = np.where(automaton.accepting, states, FORBIDDEN)
    table = np.vstack([table, np.full((1, automaton.symbols), FORBIDDEN, np.int32)])
    # The state before the end is what counts for the length; the end itself is one more symbol that may be missing.
    found = trimmed(table, np.append(automaton.accepting, True))
    return None if found is None else Constraint(found, end=end)
