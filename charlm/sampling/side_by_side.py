"""Many samples that take each step together, as ids: what `generation` does, for `batch_invariant` engines.

Each sample keeps its own random stream, and a row's numbers do not depend on the others: it is the same sample as if
drawn alone. Knows no text, and not which model it is. Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from charlm.errors import IntegrityError
from charlm.model.state import State, take_rows
from charlm.sampling.decoding import COLDEST, Decoding, draw_rows, non_finite_error
from charlm.sampling.generation import AT_ONCE, Drawing, Model, Read

Drawn = list[int] | IntegrityError
# Told what a sample drew, or the error that it met: whether the sample goes on. None does after an error.
Take = Callable[[Drawn], bool]


def generate_rows(
    model: Model[State],
    after: Read[State],
    decoding: Decoding,
    length: int,
    streams: Sequence[np.random.Generator],
    take: Sequence[Take],
) -> Iterator[None]:
    """Samples 0 to B - 1, one for each stream, that go on from what was read; each time something is asked of this
    iterator, every sample that goes on draws its next id, or from a model that draws by itself the next few, and its
    own `take` is told. It ends when all have.
    """
    wanted = _Wanted(decoding, length, streams, take)
    if decoding.only_temperature and isinstance(model, Drawing):
        return _drawn_by(model, after, wanted)
    return _drawn_from(model, after, wanted)


class _Wanted(NamedTuple):
    """What was asked for, but for the model and what it read."""

    decoding: Decoding
    length: int
    streams: Sequence[np.random.Generator]
    take: Sequence[Take]


def _drawn_from(model: Model[State], after: Read[State], wanted: _Wanted) -> Iterator[None]:
    decoding, length, streams, take = wanted
    samples, logits, state = _beginning(after, len(streams))
    recent = [deque(after.ids, maxlen=decoding.repetition_window) for _ in streams]
    for remaining in reversed(range(length)):
        us = np.array([streams[sample].random() for sample in samples])
        symbols = draw_rows(logits, decoding, [recent[sample] for sample in samples], us)
        rows = _going_on(samples, [[each] if isinstance(each, int) else each for each in symbols], take)
        yield
        if not rows:
            return
        read = np.array([symbols[row] for row in rows])
        if len(rows) < len(samples):
            samples = [samples[row] for row in rows]
            state = take_rows(state, np.array(rows))
        for sample, symbol in zip(samples, read.tolist(), strict=True):
            recent[sample].append(symbol)
        if remaining:
            logits, state = model.step(read, state)


def _drawn_by(model: Drawing[State], after: Read[State], wanted: _Wanted) -> Iterator[None]:
    decoding, length, streams, take = wanted
    samples, logits, state = _beginning(after, len(streams))
    us = np.empty((0, len(samples)))
    while length:
        drawn: list[Drawn]
        if np.isfinite(logits).all():
            if not len(us):
                us = np.stack([streams[sample].random(min(length, AT_ONCE)) for sample in samples], axis=1)
            ids, logits, state = model.generate_next(logits, state, max(decoding.temperature, COLDEST), us)
            us = us[len(ids) :]
            length -= len(ids)
            drawn = ids.T.tolist()
        else:
            drawn = [non_finite_error(row) or [] for row in logits]
        rows = _going_on(samples, drawn, take)
        yield
        if not rows:
            return
        if len(rows) < len(samples):
            samples = [samples[row] for row in rows]
            logits, state, us = logits[rows], take_rows(state, np.array(rows)), us[:, rows]


def _beginning(after: Read[State], rows: int) -> tuple[list[int], np.ndarray, State]:
    """The samples, each in a row, and logits and state of all, which have read the same."""
    return list(range(rows)), np.tile(after.logits, (rows, 1)), take_rows(after.state, np.zeros(rows, np.intp))


def _going_on(samples: Sequence[int], drawn: Sequence[Drawn], take: Sequence[Take]) -> list[int]:
    """Tell each sample what it drew: the rows of those that go on."""
    told = [(take[sample](each), each) for sample, each in zip(samples, drawn, strict=True)]
    return [row for row, (goes_on, each) in enumerate(told) if goes_on and not isinstance(each, IntegrityError)]
