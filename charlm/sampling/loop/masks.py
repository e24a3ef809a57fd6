"""What is forbidden altogether at each step, whatever its probability, in rows that are generated together.

There are three masks: a constraint, no sequence of N symbols twice, and no more than N symbols in a row from the
training text. Masks come before all rules of decoding, so these choose among what is left.
Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charlm.errors import CharlmError, UsageError
from charlm.model.drawing import Walk
from charlm.sampling.constraints.automaton import NEVER
from charlm.sampling.constraints.constraint import LEFT, Constraint
from charlm.sampling.constraints.costs import Costs
from charlm.sampling.copies.copy_limit import CopyLimit, CopyRows
from charlm.sampling.copies.repeats import Followers
from charlm.sampling.loop.rows import EndedBy, Round
from charlm.sampling.rules.decoding import Decoding

UNWRITTEN = -1e29  # a logit below it belongs to a symbol that is never written (LanguageModel)


@dataclass(frozen=True, eq=False)
class Masks:
    """The masks that do not depend on the decoding."""

    constraint: Constraint | None = None
    copies: CopyLimit | None = None

    def needed_for(self, decoding: Decoding) -> bool:
        """Whether anything is forbidden."""
        return (self.constraint, self.copies, decoding.no_repeat) != (None, None, None)

    def one_at_most(self, decoding: Decoding) -> bool:
        """Whether there is none but a constraint or a limit on copies, and not both."""
        return decoding.no_repeat is None and None in (self.constraint, self.copies)

    def begin(self, decoding: Decoding, heard: Sequence[int], rows: int) -> MaskedRows:
        """The rows of samples that continue the ids that were heard."""
        return MaskedRows(self, decoding, heard, rows)


NO_MASKS = Masks()


class MaskedRows:
    """Rows as they are written. It changes with every symbol, and belongs to one generation."""

    def __init__(self, masks: Masks, decoding: Decoding, heard: Sequence[int], rows: int) -> None:
        self._constraint = masks.constraint
        self._states = masks.constraint.first(rows) if masks.constraint else np.zeros(rows, np.int64)
        self._costs = Costs()
        self._bits = self._costs.of if masks.constraint else None
        self._begins = True
        followers = decoding.no_repeat and [Followers(decoding.no_repeat, heard) for _ in range(rows)]
        self._followers: list[Followers] = followers or []
        self._copies = CopyRows(masks.copies, rows) if masks.copies else None
        self._allowed: NDArray[np.bool_] | None = None
        self._stuck: Sequence[int] = ()

    # The next five are for a model that draws by itself, under one mask at most.

    @property
    def free(self) -> bool:
        """Whether the model may draw the next symbol: its walk obeys the constraint, or no run is near the limit."""
        return not self._begins if self._constraint else self._copies is None or self._copies.free > 0

    @property
    def ahead(self) -> int | None:
        """How many symbols to draw before they are given to `read`; None is any number."""
        return self._copies.ahead if self._copies else None

    def read(self, ids: NDArray[np.intp]) -> int:
        """The rows have the first n of these ids (N, B) more; gives n, which a limit on copies alone bounds."""
        return self._copies.read(ids) if self._copies else len(ids)

    def walk(self, left: int) -> Walk | None:
        """What a model has to obey if `left` more symbols may be written."""
        constraint = self._constraint
        return Walk(constraint.needed, constraint.steps, self._states, min(left, NEVER)) if constraint else None

    def walked(self, samples: Sequence[int], ids: NDArray[np.intp], walk: Walk) -> Round:
        """The round of ids (N, B) that a model drew within a walk."""
        self._costs.add_bits(samples, walk.bits)
        self._states = walk.states
        written: dict[int, list[int]] = {}
        ends: dict[int, EndedBy | CharlmError] = {}
        for sample, symbols, count, state in zip(
            samples, ids.T.tolist(), walk.written.tolist(), walk.states.tolist(), strict=True
        ):
            if text := symbols[: count - (state == LEFT)]:
                written[sample] = text
            if state < 0:
                ends[sample] = "match"
        return Round(written, ends, self._bits)

    def allowed(self, logits: NDArray[np.floating], left: int) -> NDArray[np.bool_] | None:
        """(B, V) what may be drawn if `left` more symbols may be written, this one included; None is all.

        In a row where nothing may be drawn everything is, since something has to be; `round` does not give it.
        """
        constraint = self._constraint
        ids = None if constraint is None else constraint.allowed(self._states, left, self._begins)
        self._allowed, self._stuck = ids, ()
        guarded = self._followers or (self._copies and not self._copies.free)
        forbidden = self._forbidden(logits.shape) if guarded else None
        if forbidden is not None:
            ids = ~forbidden if ids is None else ids & ~forbidden
            self._stuck = np.flatnonzero(~(ids & (logits > UNWRITTEN)).any(axis=1)).tolist()
            ids[self._stuck] = True
        return ids

    def round(
        self,
        samples: Sequence[int],
        logits: NDArray[np.floating],
        ids: Sequence[int | None],
        errors: Mapping[int, CharlmError],
    ) -> Round:
        """The round of what was drawn: texts that are complete end, as do those that cannot go on."""
        read: Any = [symbol or 0 for symbol in ids] if errors else ids
        ends: dict[int, EndedBy | CharlmError] = {samples[row]: self._end_of(row) for row in self._stuck}
        left: list[int] = []
        for followers, symbol in zip(self._followers, read, strict=False):
            followers.read(symbol)
        if self._copies:
            self._copies.read(np.array([read]))
        self._begins = False
        if self._constraint is not None and self._allowed is not None:
            self._costs.add(samples, logits, self._allowed)
            self._states = self._constraint.after(self._states, read)
            states = self._states.tolist()
            if min(states) < 0:
                for sample, state in zip(samples, states, strict=True):
                    if state < 0:
                        ends.setdefault(sample, "match")
                    if state == LEFT:
                        left.append(sample)
        if not (ends or errors):
            return Round({sample: [symbol] for sample, symbol in zip(samples, read, strict=True)}, {}, self._bits)
        unwritten = {*left, *errors, *(samples[row] for row in self._stuck)}
        written = {sample: [symbol] for sample, symbol in zip(samples, read, strict=True) if sample not in unwritten}
        return Round(written, {**ends, **errors}, self._bits)

    def keep(self, rows: Sequence[int]) -> None:
        """Only these rows continue."""
        self._states = self._states[list(rows)]
        self._followers = [self._followers[row] for row in rows] if self._followers else []
        if self._copies:
            self._copies.keep(rows)

    def _end_of(self, row: int) -> EndedBy | CharlmError:
        """How a text ends in a row where nothing may be drawn."""
        if self._constraint is None or self._constraint.automaton.accepting[self._states[row]]:
            return "guard"
        return UsageError(
            "A sample cannot go on: no character that the constraint allows next is free",
            "in the options of sampling: --no-repeat or --max-copy forbids them",
            "Give --no-repeat or --max-copy a larger number, or leave it out.",
        )

    def _forbidden(self, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        """(B, V) what the guards forbid; None if nothing."""
        found: list[tuple[int, Any]] = [(row, [*each.repeating()]) for row, each in enumerate(self._followers)]
        if self._copies and not self._copies.free:
            found.extend(self._copies.forbidden())
        forbidden = None
        for row, ids in found:
            if len(ids):
                forbidden = np.zeros(shape, bool) if forbidden is None else forbidden
                forbidden[row, ids] = True
        return forbidden
