"""A finite automaton over the symbols of a vocabulary, as arrays. Pure; knows no patterns and no probabilities.

`table[s, v]` is the state after symbol v in state s, or FORBIDDEN. State 0 is the first. An automaton is trimmed: every
state can be reached from the first, and from every state an accepting one can be. Shape letters: S states, V symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORBIDDEN = -1
NEVER = np.iinfo(np.int32).max  # the distance to acceptance over a forbidden step
MOST_CELLS = 2**26  # of a table: 256 MiB

Table = NDArray[np.int32]


class TooLargeError(ValueError):
    """An automaton would have more states than fit into memory."""


@dataclass(frozen=True, eq=False)
class Automaton:
    """table (S, V), accepting (S,), and distance (S,): how many symbols lead to an accepting state at least."""

    table: Table
    accepting: NDArray[np.bool_]
    distance: NDArray[np.int32]

    @property
    def states(self) -> int:
        """S."""
        return len(self.table)

    @property
    def symbols(self) -> int:
        """V."""
        return int(self.table.shape[1])

    def run(self, ids: Iterable[int]) -> int:
        """The state after these ids; FORBIDDEN if a step is."""
        state = 0
        for symbol in ids:
            if state != FORBIDDEN:
                state = int(self.table[state, symbol])
        return state

    def accepts(self, ids: Iterable[int]) -> bool:
        """Whether the ids, all of them, lead to an accepting state."""
        state = self.run(ids)
        return state != FORBIDDEN and bool(self.accepting[state])


def trimmed(table: NDArray[Any], accepting: NDArray[np.bool_]) -> Automaton | None:
    """The automaton of a table (S, V) whose first state is 0; None if no accepting state can be reached.

    States from which none can be are removed, as are those that cannot be reached.
    """
    useful = (distances(table, accepting) < NEVER) & _reached(table)
    if not useful[0]:
        return None
    number = np.where(useful, np.cumsum(useful) - 1, FORBIDDEN)
    kept = table[useful]
    renumbered = np.where(kept >= 0, number[np.maximum(kept, 0)], FORBIDDEN).astype(np.int32)
    accepts = accepting[useful]
    return Automaton(renumbered, accepts, distances(renumbered, accepts))


def distances(table: NDArray[Any], accepting: NDArray[np.bool_]) -> NDArray[np.int32]:
    """(S,) the fewest symbols from each state to an accepting one, by breadth-first search backwards; NEVER if none."""
    sources, symbols = np.nonzero(table >= 0)
    targets = table[sources, symbols]
    order = np.argsort(targets, kind="stable")
    sources = sources[order]
    starts = np.searchsorted(targets[order], np.arange(len(table) + 1))
    found = np.full(len(table), NEVER, np.int32)
    found[accepting] = 0
    edge = np.flatnonzero(accepting).tolist()
    step = 0
    while edge:
        step += 1
        before = {int(source) for state in edge for source in sources[starts[state] : starts[state + 1]]}
        edge = [state for state in before if found[state] == NEVER]
        found[edge] = step
    return found


def _reached(table: NDArray[Any]) -> NDArray[np.bool_]:
    found = np.zeros(len(table), bool)
    found[0] = True
    edge = np.array([0])
    while edge.size:
        after = np.unique(table[edge])
        edge = after[(after >= 0) & ~found[after]]
        found[edge] = True
    return found


def explored(
    first: Hashable,
    steps: Callable[[Any], Mapping[int, Hashable]],
    accepts: Callable[[Any], bool],
    symbols: int,
) -> Automaton | None:
    """The automaton of all states that `steps`, the next state by symbol, reaches from the first. None if it is empty.

    Raises TooLargeError.
    """
    numbers: dict[Hashable, int] = {first: 0}
    waiting, rows = [first], []
    for state in waiting:
        row = np.full(symbols, FORBIDDEN, np.int32)
        for symbol, after in steps(state).items():
            if after not in numbers:
                numbers[after] = len(numbers)
                waiting.append(after)
                if len(numbers) * symbols > MOST_CELLS:
                    raise TooLargeError
            row[symbol] = numbers[after]
        rows.append(row)
    return trimmed(np.stack(rows), np.array([accepts(state) for state in waiting]))


def both(one: Automaton, other: Automaton) -> Automaton | None:
    """The automaton of what both accept; None if that is nothing. Raises TooLargeError."""

    def steps(pair: tuple[int, int]) -> Mapping[int, Hashable]:
        left, right = one.table[pair[0]], other.table[pair[1]]
        shared = np.flatnonzero((left >= 0) & (right >= 0))
        return dict(zip(shared.tolist(), zip(left[shared].tolist(), right[shared].tolist(), strict=True), strict=True))

    return explored((0, 0), steps, lambda pair: one.accepting[pair[0]] and other.accepting[pair[1]], one.symbols)


def repeated(ids: Collection[int], symbols: int) -> Automaton:
    """The automaton of any text of these symbols, the empty one too."""
    table = np.full((1, symbols), FORBIDDEN, np.int32)
    table[0, list(ids)] = 0
    return Automaton(table, np.ones(1, bool), np.zeros(1, np.int32))
