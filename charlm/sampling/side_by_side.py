"""Many samples that take each step together, as ids: what `generation` does, for engines whose `rows_alike` is True.

Each sample keeps its own random stream, and a row's numbers do not depend on the others: it is the same sample as if
drawn alone. Knows no text, and not which model it is. Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from charlm.errors import IntegrityError
from charlm.model.state import State, take_rows
from charlm.sampling.decoding import Decoding, draw_rows
from charlm.sampling.generation import Model, Read

# Told what a sample drew, or the error that it met: whether the sample goes on. None does after an error.
Take = Callable[[int | IntegrityError], bool]


def generate_rows(
    model: Model[State],
    after: Read[State],
    decoding: Decoding,
    length: int,
    streams: Sequence[np.random.Generator],
    take: Sequence[Take],
) -> Iterator[None]:
    """Samples 0 to B - 1, one for each stream, that go on from what was read; each time something is asked of this
    iterator, every sample that goes on draws its next id, and its own `take` is told. It ends when all have.
    """
    samples = list(range(len(streams)))
    recent = [deque(after.ids, maxlen=decoding.repetition_window) for _ in samples]
    logits = np.tile(after.logits, (len(samples), 1))
    state = take_rows(after.state, np.zeros(len(samples), np.intp))
    for remaining in reversed(range(length)):
        us = np.array([streams[sample].random() for sample in samples])
        drawn = draw_rows(logits, decoding, [recent[sample] for sample in samples], us)
        rows, symbols = [], []
        for row, (sample, symbol) in enumerate(zip(samples, drawn, strict=True)):
            if take[sample](symbol) and not isinstance(symbol, IntegrityError):
                recent[sample].append(symbol)
                rows.append(row)
                symbols.append(symbol)
        yield
        if not rows:
            return
        if len(rows) < len(samples):
            samples = [samples[row] for row in rows]
            state = take_rows(state, np.array(rows))
        if remaining:
            logits, state = model.step(np.array(symbols), state)
