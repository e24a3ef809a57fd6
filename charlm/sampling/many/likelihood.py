"""How likely a text is after what a model read: each symbol's probability, and the likeliest of several samples.

The model's own probabilities count, before any rule and at temperature 1. Shape letters: N symbols, V symbols of the
vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from charlm.model.probabilities import log_softmax
from charlm.sampling.loop.generation import Model, Read
from charlm.sampling.writer import Fragment


@dataclass(frozen=True)
class Choice:
    """A symbol of a text: its id and natural log-probability, and those of the likeliest symbols in its place."""

    id: int
    logprob: float
    alternatives: Sequence[tuple[int, float]]


def choices(model: Model[Any], after: Read[Any], ids: Sequence[int], most: int) -> Iterator[Choice]:
    """Each symbol of a text that continues what was read, with up to `most` alternatives, the likeliest first."""
    for symbol, logs in zip(ids, _logs(model, after, ids), strict=True):
        likeliest = np.argsort(-logs, kind="stable")[:most].tolist()
        yield Choice(symbol, float(logs[symbol]), [(other, float(logs[other])) for other in likeliest])


def bits_per_symbol(model: Model[Any], after: Read[Any], ids: Sequence[int]) -> float:
    """The mean of -log2 of the probabilities of the symbols of a text; infinity for an empty one."""
    logs = (float(row[symbol]) for symbol, row in zip(ids, _logs(model, after, ids), strict=True))
    return -math.fsum(logs) / len(ids) / math.log(2) if ids else math.inf


def likeliest_of(
    model: Model[Any], after: Read[Any], samples: Iterable[Iterable[Fragment]], several: int
) -> Iterator[Iterator[Fragment]]:
    """Of every `several` samples the one of the fewest bits per symbol; of equal ones, the first.

    The samples have their ids. The end of a record counts as one of its symbols. The last fragment has the bits;
    None if there is no symbol.
    """
    waiting = iter(samples)
    while group := list(islice(map(list, waiting), several)):
        scored = [(bits_per_symbol(model, after, pieces[-1].ids), pieces) for pieces in group]
        bits, best = min(scored, key=lambda one: one[0])
        yield iter([*best[:-1], replace(best[-1], bits_per_symbol=bits if math.isfinite(bits) else None)])


def _logs(model: Model[Any], after: Read[Any], ids: Sequence[int]) -> Iterator[np.ndarray[Any, Any]]:
    """(V,) log-probabilities in the place of each id."""
    logits, state = after.logits[None], after.state
    for number, symbol in enumerate(ids):
        yield log_softmax(logits)[0]
        if number + 1 < len(ids):
            logits, state = model.step(np.array([symbol]), state)
