"""Generation: symbol after symbol from a model, as ids. Knows no text, no files, and not which model it is.

A sample depends on the model, the ids it read, the decoding and its own random stream, and on nothing else: here each
is computed as a single row, so that its floats round the same whatever else is sampled. `side_by_side` has the form
for many. Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from charlm.sampling.decoding import Decoding, draw, weights

State = TypeVar("State")


class Model(Protocol[State]):
    """What can be sampled from. States are values: `step` returns a new one and leaves the old one as it was.

    An engine in which a row's numbers are the same to the last bit alone and among others says so by an attribute
    `rows_alike`, which is True; its states are those of `charlm.model.state`.
    """

    def fresh(self, rows: int, /) -> State:
        """The state of so many rows before their first symbol."""
        ...

    def step(self, ids: np.ndarray[Any, Any], state: State, /) -> tuple[np.ndarray[Any, Any], State]:
        """ids (B,) and the state before them -> logits (B, V) for the symbols after them, and the state then."""
        ...


@dataclass(frozen=True)
class Read(Generic[State]):
    """A model that has read some symbols: what it expects next, (V,), its state, and what it has read."""

    logits: np.ndarray[Any, Any]
    state: State
    ids: tuple[int, ...]


def read(model: Model[State], ids: Sequence[int]) -> Read[State]:
    """Let the model read the ids, at least one, from a fresh state. Any number of samples can go on from there."""
    if not ids:
        raise ValueError("a model needs at least one symbol to read before it can expect the next")
    state = model.fresh(1)
    for symbol in ids:
        logits, state = model.step(np.array([symbol]), state)
    return Read(logits[0], state, tuple(ids))


def random_stream(seed: int, sample: int) -> np.random.Generator:
    """The random numbers of sample 0, 1, ... under a seed: independent of each other, the same on every machine."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(sample,))))


def generate(
    model: Model[State], after: Read[State], decoding: Decoding, length: int, stream: np.random.Generator
) -> Iterator[int]:
    """Yield `length` ids that go on from what was read, each as soon as it is drawn; stop asking, and it stops.

    Raises IntegrityError where the model's scores are not finite.
    """
    logits, state = after.logits, after.state
    recent = deque(after.ids, maxlen=decoding.repetition_window)
    for remaining in reversed(range(length)):
        symbol = draw(weights(logits, decoding, recent), stream.random())
        yield symbol
        recent.append(symbol)
        if remaining:
            rows, state = model.step(np.array([symbol]), state)
            logits = rows[0]
