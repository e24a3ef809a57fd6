"""Generation: symbol after symbol from a model, as ids. Knows no text, no files, and not which model it is.

A sample depends on the model, the ids it read, the decoding and its own random stream, and on nothing else: here each
is computed as a single row, so that its floats round the same whatever else is sampled. `side_by_side` has the form
for many. Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np

from charlm.sampling.decoding import COLDEST, Decoding, draw, require_finite, weights

State = TypeVar("State")

AT_ONCE = 256  # random numbers are drawn, for a model that uses up many of them


class Model(Protocol[State]):
    """What can be sampled from. States are values: `step` returns a new one and leaves the old one as it was.

    An engine in which a row's numbers are the same to the last bit alone and among others says so by an attribute
    `batch_invariant`, which is True; its states are those of `charlm.model.state`.
    """

    def fresh(self, rows: int, /) -> State:
        """The state of so many rows before their first symbol."""
        ...

    def step(self, ids: np.ndarray[Any, Any], state: State, /) -> tuple[np.ndarray[Any, Any], State]:
        """ids (B,) and the state before them -> logits (B, V) for the symbols after them, and the state then."""
        ...


@runtime_checkable
class Drawing(Model[State], Protocol[State]):
    """A model that also draws by itself, as `decoding` would, where nothing but a temperature is asked for."""

    def generate_next(
        self, logits: np.ndarray[Any, Any], state: State, temperature: float, us: np.ndarray[Any, Any], /
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], State]:
        """Finite logits (B, V), the state, a temperature above 0 and random numbers (N, B) in [0, 1) -> the ids drawn
        with the first of them, (n, B), and logits and state after these.

        At least one in each row; fewer than N where the model thinks them enough, or the logits are finite no more.
        """
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
    """Yield `length` ids that go on from what was read; stop asking, and it stops.

    Raises IntegrityError where the model's scores are not finite.
    """
    return chain.from_iterable(bursts(model, after, decoding, length, stream))


def bursts(
    model: Model[State], after: Read[State], decoding: Decoding, length: int, stream: np.random.Generator
) -> Iterator[list[int]]:
    """The same, as soon as there are some: one or, from a model that draws by itself, those of a few milliseconds."""
    if decoding.only_temperature and isinstance(model, Drawing):
        return _drawn_by(model, after, decoding, length, stream)
    return _drawn_from(model, after, decoding, length, stream)


def _drawn_from(
    model: Model[State], after: Read[State], decoding: Decoding, length: int, stream: np.random.Generator
) -> Iterator[list[int]]:
    logits, state = after.logits, after.state
    recent = deque(after.ids, maxlen=decoding.repetition_window)
    for remaining in reversed(range(length)):
        symbol = draw(weights(logits, decoding, recent), stream.random())
        yield [symbol]
        recent.append(symbol)
        if remaining:
            rows, state = model.step(np.array([symbol]), state)
            logits = rows[0]


def _drawn_by(
    model: Drawing[State], after: Read[State], decoding: Decoding, length: int, stream: np.random.Generator
) -> Iterator[list[int]]:
    logits, state = after.logits[None], after.state
    us = np.empty((0, 1))
    while length:
        require_finite(logits[0])
        us = us if len(us) else stream.random((min(length, AT_ONCE), 1))
        drawn, logits, state = model.generate_next(logits, state, max(decoding.temperature, COLDEST), us)
        yield drawn[:, 0].tolist()
        us = us[len(drawn) :]
        length -= len(drawn)
