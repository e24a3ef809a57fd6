"""Generation: symbol after symbol from a model, as ids, for one sample or for many at once.

Every sample is a row, and one sample is a single row. A sample depends only on the model, the ids it read, the
decoding and its own random stream. Several rows may share a model only if it is batch invariant: then every sample is,
to the last bit, what it is alone. Knows no text, no files and no model by name. Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np

from charlm.errors import IntegrityError
from charlm.model.state import take_rows
from charlm.sampling.decoding import LEAST_TEMPERATURE, Decoding, non_finite_error
from charlm.sampling.drawing import draw_rows

State = TypeVar("State")
# By sample, its next ids: one, or several from a model that draws by itself. And the errors of the samples that end
# because their logits are not finite.
Round = tuple[dict[int, list[int]], dict[int, IntegrityError]]

BLOCK = 256  # random numbers of a row that are drawn together


class Model(Protocol[State]):
    """What can be sampled from. States are values: `step` returns a new one and leaves the old one as it was.

    A batch-invariant engine has an attribute `batch_invariant`, which is True: a row's results do not depend on the
    other rows, to the last bit. Its states are those of `charlm.model.state`.
    """

    def fresh(self, rows: int, /) -> State:
        """The state of `rows` rows before their first symbol."""
        ...

    def step(self, ids: np.ndarray[Any, Any], state: State, /) -> tuple[np.ndarray[Any, Any], State]:
        """ids (B,) and the state before them -> logits (B, V) for the symbols after them, and the state then."""
        ...


@runtime_checkable
class GeneratingModel(Model[State], Protocol[State]):
    """A model that also draws, as `draw_rows` would, if a temperature is the only rule of decoding."""

    def generate_next(
        self, logits: np.ndarray[Any, Any], state: State, temperature: float, uniforms: np.ndarray[Any, Any], /
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], State]:
        """Finite logits (B, V), the state, a temperature above 0 and random numbers (N, B) in [0, 1) -> the ids drawn
        with the first n of them, (n, B), and the logits and the state after these ids.

        n is at least 1. It is below N if the model draws fewer at a time, or if some logits are no longer finite.
        """
        ...


@dataclass(frozen=True)
class Read(Generic[State]):
    """What a model gave after it read some ids: logits (V,) for the next symbol, its state, and the ids."""

    logits: np.ndarray[Any, Any]
    state: State
    ids: tuple[int, ...]


def read(model: Model[State], ids: Sequence[int], before: Read[State] | None = None) -> Read[State]:
    """Let the model read the ids, at least one, from a fresh state, or after what it read before.

    Any number of samples can continue from there.
    """
    if not ids:
        raise ValueError("a model needs at least one symbol to read before it can predict the next")
    state = before.state if before else model.fresh(1)
    for symbol in ids:
        logits, state = model.step(np.array([symbol]), state)
    return Read(logits[0], state, (*(before.ids if before else ()), *ids))


def generate(
    model: Model[State],
    after: Read[State],
    decoding: Decoding,
    length: int,
    streams: Sequence[np.random.Generator],
    ended: Set[int] = frozenset(),
) -> Iterator[Round]:
    """Continue from what was read with `length` ids for each of the samples 0 to B - 1, one for each random stream.

    The caller ends a sample early by adding it to `ended`, which is consulted before the next round. No round is
    computed before it is asked for.
    """
    if decoding.only_temperature and isinstance(model, GeneratingModel):
        return _drawn_by_model(model, after, decoding, length, streams, ended)
    return _drawn_by_rules(model, after, decoding, length, streams, ended)


def _drawn_by_rules(
    model: Model[Any],
    after: Read[Any],
    decoding: Decoding,
    length: int,
    streams: Sequence[np.random.Generator],
    ended: Set[int],
) -> Iterator[Round]:
    """Draw in numpy, by all rules of decoding; the model takes a step for every id."""
    samples, logits, state = _first_rows(after, len(streams))
    recent: list[deque[Any]] = [deque(after.ids, maxlen=decoding.repetition_window) for _ in samples]
    uniforms = np.empty((0, len(samples)))
    while length:
        if not uniforms.size:
            uniforms = _uniforms(streams, samples, length)
        ids = draw_rows(logits, decoding, recent, uniforms[0])
        uniforms = uniforms[1:]
        length -= 1
        errors = _errors(samples, logits) if None in ids else {}
        yield {sample: [symbol] for sample, symbol in zip(samples, ids, strict=True) if symbol is not None}, errors
        if not length:
            return
        if errors or not ended.isdisjoint(samples):
            kept = _kept_rows(samples, ended, errors)
            if not kept:
                return
            samples, ids = [samples[row] for row in kept], [ids[row] for row in kept]
            recent = [recent[row] for row in kept]
            state, uniforms = take_rows(state, np.array(kept)), uniforms[:, kept]
        if decoding.repetition_penalty != 1:
            for symbols, symbol in zip(recent, ids, strict=True):
                symbols.append(symbol)
        logits, state = model.step(np.array(ids), state)


def _drawn_by_model(
    model: GeneratingModel[Any],
    after: Read[Any],
    decoding: Decoding,
    length: int,
    streams: Sequence[np.random.Generator],
    ended: Set[int],
) -> Iterator[Round]:
    """Let the model draw and read several ids at a time."""
    samples, logits, state = _first_rows(after, len(streams))
    temperature = max(decoding.temperature, LEAST_TEMPERATURE)
    uniforms = np.empty((0, len(samples)))
    while length:
        errors: dict[int, IntegrityError] = {}
        if np.isfinite(logits).all():
            if not uniforms.size:
                uniforms = _uniforms(streams, samples, length)
            ids, logits, state = model.generate_next(logits, state, temperature, uniforms)
            uniforms = uniforms[len(ids) :]
            length -= len(ids)
            yield dict(zip(samples, ids.T.tolist(), strict=True)), errors
        else:
            errors = _errors(samples, logits)
            yield {}, errors
        if errors or not ended.isdisjoint(samples):
            kept = _kept_rows(samples, ended, errors)
            if not kept:
                return
            samples, logits = [samples[row] for row in kept], logits[kept]
            state, uniforms = take_rows(state, np.array(kept)), uniforms[:, kept]


def _first_rows(after: Read[Any], rows: int) -> tuple[list[int], np.ndarray[Any, Any], Any]:
    """The samples, each in its row, and the logits and the state of all rows, which have read the same ids."""
    if rows == 1:  # a model that is not batch invariant may have a state of any type
        return [0], after.logits[None], after.state
    return list(range(rows)), np.tile(after.logits, (rows, 1)), take_rows(after.state, np.zeros(rows, np.intp))


def _uniforms(streams: Sequence[np.random.Generator], samples: Sequence[int], length: int) -> np.ndarray[Any, Any]:
    """The next random numbers in [0, 1) of every row: (N, B), N up to BLOCK and not above the length."""
    return np.stack([streams[sample].random(min(length, BLOCK)) for sample in samples], axis=1)


def _errors(samples: Sequence[int], logits: np.ndarray[Any, Any]) -> dict[int, IntegrityError]:
    """The errors of the samples whose logits are not finite."""
    found = zip(samples, map(non_finite_error, logits), strict=True)
    return {sample: error for sample, error in found if error}


def _kept_rows(samples: Sequence[int], ended: Set[int], errors: Collection[int]) -> list[int]:
    """The rows of the samples that continue."""
    return [row for row, sample in enumerate(samples) if sample not in ended and sample not in errors]
