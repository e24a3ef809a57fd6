"""Generation: symbol after symbol from a model, as ids, for one sample or for many at once.

Every sample is a row, and one sample is a single row. A sample depends only on the model, the ids it read, the
decoding and its own random stream. Several rows may share a model only if it is batch invariant: then every sample is,
to the last bit, what it is alone. Knows no text, no files and no model by name. Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np

from charlm.model.drawing import Rules, Walk
from charlm.sampling.loop.by_model import drawn_by_model
from charlm.sampling.loop.by_rules import drawn_by_rules
from charlm.sampling.loop.masks import NO_MASKS, Masks
from charlm.sampling.loop.rows import Round
from charlm.sampling.rules.decoding import Decoding

State = TypeVar("State")


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
    """A model that also draws, as `draw_rows` would, by rules of decoding that need nothing but the logits."""

    def generate_next(
        self,
        logits: np.ndarray[Any, Any],
        state: State,
        rules: Rules,
        uniforms: np.ndarray[Any, Any],
        walk: Walk | None = None,
        /,
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], State]:
        """Finite logits (B, V), the state, the rules and random numbers (N, B) in [0, 1) -> the ids drawn with the
        first n of them, (n, B), and the logits and the state after these ids. The walk has moved along with them.

        n is at least 1. It is below N if the model draws fewer at a time, if some logits are no longer finite, or if
        all rows of the walk have ended.
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
    masks: Masks = NO_MASKS,
) -> Iterator[Round]:
    """Continue from what was read with `length` ids for each of the samples 0 to B - 1, one for each random stream.

    The caller ends a sample early by adding it to `ended`, which is consulted before the next round. No round is
    computed before it is asked for. `masks` say which ids are forbidden.
    """
    if decoding.of_logits is not None and masks.one_at_most(decoding) and isinstance(model, GeneratingModel):
        return drawn_by_model(model, after, decoding, length, streams, ended, masks)
    return drawn_by_rules(model, after, decoding, length, streams, ended, masks)
