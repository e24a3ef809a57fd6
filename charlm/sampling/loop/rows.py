"""The rows of samples that are generated together: what a round gives, their random numbers, and which remain.

Knows no model. Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from charlm.errors import CharlmError, IntegrityError
from charlm.model.state import take_rows
from charlm.sampling.rules.decoding import non_finite_error

if TYPE_CHECKING:
    from charlm.sampling.loop.generation import Read

BLOCK = 256  # random numbers of a row that are drawn together

# A sample ends before its length if what was asked for is complete, or if no character is left that is not forbidden.
EndedBy = Literal["match", "guard"]


class Round(NamedTuple):
    """What a round gives each sample, by its number.

    `ids` are its next ids: one, or several from a model that draws by itself, or none if it ends without one. `ends`
    are the samples that end with this round, and why: an error may be the reason. `bits` gives what a constraint has
    cost a sample so far; None if there is none.
    """

    ids: Mapping[int, list[int]]
    ends: Mapping[int, EndedBy | CharlmError] = MappingProxyType({})
    bits: Callable[[int], float] | None = None


def first_rows(after: Read[Any], rows: int) -> tuple[list[int], np.ndarray[Any, Any], Any]:
    """The samples, each in its row, and the logits and the state of all rows, which have read the same ids."""
    if rows == 1:  # a model that is not batch invariant may have a state of any type
        return [0], after.logits[None], after.state
    return list(range(rows)), np.tile(after.logits, (rows, 1)), take_rows(after.state, np.zeros(rows, np.intp))


def next_uniforms(streams: Sequence[np.random.Generator], samples: Sequence[int], length: int) -> np.ndarray[Any, Any]:
    """The next random numbers in [0, 1) of every row: (N, B), N up to BLOCK and not above the length."""
    return np.stack([streams[sample].random(min(length, BLOCK)) for sample in samples], axis=1)


def non_finite_rows(samples: Sequence[int], logits: np.ndarray[Any, Any]) -> dict[int, IntegrityError]:
    """The errors of the samples whose logits are not finite."""
    found = zip(samples, map(non_finite_error, logits), strict=True)
    return {sample: error for sample, error in found if error}


def kept_rows(samples: Sequence[int], ended: Set[int], ends: Collection[int]) -> list[int]:
    """The rows of the samples that continue."""
    return [row for row, sample in enumerate(samples) if sample not in ended and sample not in ends]
