"""A text in pieces with the bits that each surprised by, in six steps. Knows no model.

A piece is what a symbol writes; of bytes, those of a character are one piece. Shape letters: P pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from charlm.display.symbol_pieces import LINE_ENDS, shown_pieces
from charlm.display.units import in_bits

if TYPE_CHECKING:
    from charlm.evaluation.characters import CharacterScores

STEPS = (1, 2, 4, 8, 16)  # bits at which the next step begins


@dataclass(frozen=True, eq=False)
class SurpriseText:
    """`pieces` (P,); of each its `bits` (P,), NaN where nothing was scored, and the place of its first symbol (P,)."""

    pieces: list[str]
    bits: npt.NDArray[np.float64]
    places: npt.NDArray[np.int64]

    @classmethod
    def of(cls, found: CharacterScores) -> SurpriseText:
        bits = found.nats.astype(np.float64) * in_bits(1.0)
        pieces, places = shown_pieces(found.vocabulary, found.ids)
        if found.vocabulary.unit == "byte":
            bits = np.add.reduceat(np.nan_to_num(bits), places)
        return cls(pieces, bits, places)

    @cached_property
    def steps(self) -> npt.NDArray[np.int64]:
        """(P,) the step of each piece, from 0 to 5."""
        return np.searchsorted(STEPS, np.nan_to_num(self.bits), side="right").astype(np.int64)

    def runs(self, cuts: tuple[int, ...] = ()) -> Iterator[tuple[int, str, int]]:
        """The text in runs of one step: the first piece, the text, the step. A line end is a run, and so is what is
        between two cuts, which are numbers of pieces."""
        ends = np.array([piece in LINE_ENDS for piece in self.pieces], bool)
        changes = np.flatnonzero((np.diff(self.steps) != 0) | ends[1:] | ends[:-1]) + 1
        borders = np.unique(np.concatenate([[0], changes, np.array(cuts, np.int64), [len(self.pieces)]])).tolist()
        for start, stop in pairwise(borders):
            yield start, "".join(self.pieces[start:stop]), int(self.steps[start])
