"""A text in pieces, each with the place of the value that belongs to it. Knows no model.

A piece is what a symbol writes. Of bytes, those of a character are one piece, and its value is that after the last.
Shape letters: N ids of the text, P pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from charlm.display.symbol_pieces import LINE_ENDS, shown_pieces

if TYPE_CHECKING:
    from charlm.text.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class ValueText:
    """`pieces` (P,), and the place of the last symbol of each (P,)."""

    pieces: list[str]
    places: npt.NDArray[np.int64]

    @classmethod
    def of(cls, vocabulary: Vocabulary, ids: npt.NDArray[np.integer[Any]]) -> ValueText:
        pieces, firsts = shown_pieces(vocabulary, np.asarray(ids))
        return cls(pieces, np.append(firsts, len(ids))[1:] - 1)

    def __len__(self) -> int:
        return len(self.pieces)

    @cached_property
    def text(self) -> str:
        """All pieces together; an offset in it is not the number of a piece where pieces have several code points."""
        return "".join(self.pieces)

    @cached_property
    def offsets(self) -> npt.NDArray[np.int64]:
        """(P + 1,) where each piece begins in `text`, and where the last one ends."""
        return np.concatenate([[0], np.cumsum(np.fromiter(map(len, self.pieces), np.int64, len(self.pieces)))])

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """The place of the value that belongs to each code point of `text`."""
        return np.repeat(self.places, np.diff(self.offsets))

    def piece_at(self, offset: int) -> int:
        """The number of the piece that has the code point at an offset in `text`."""
        return int(np.searchsorted(self.offsets, offset, side="right")) - 1

    @cached_property
    def line_starts(self) -> npt.NDArray[np.int64]:
        """(L,) the number of the first piece of each line."""
        ends = np.flatnonzero([piece in LINE_ENDS for piece in self.pieces]) + 1
        starts = np.concatenate([[0], ends]).astype(np.int64)
        return starts[starts < len(self.pieces)]

    def part(self, first: int, stop: int) -> ValueText:
        """The pieces from `first` to `stop`, the last excluded."""
        return ValueText(self.pieces[first:stop], self.places[first:stop])


@dataclass(frozen=True, eq=False)
class TextLines:
    """The lines that have anything in them: their numbers (L,), from 1, and their first and last pieces (L,), the last
    excluded, without line ends."""

    numbers: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]

    def first_rows(self, text: ValueText) -> npt.NDArray[np.int64]:
        """(L,) the place of the first symbol of each line."""
        return np.where(self.starts > 0, text.places[self.starts - 1] + 1, 0)

    def stop_rows(self, text: ValueText) -> npt.NDArray[np.int64]:
        """(L,) the place after the last symbol of each line."""
        return text.places[self.stops - 1] + 1


def text_lines(text: ValueText) -> TextLines:
    """The lines of a text that have anything but their ends."""
    starts = text.line_starts
    stops = np.append(starts[1:], len(text))
    stops = stops - np.array([text.pieces[stop - 1] in LINE_ENDS for stop in stops.tolist()], np.int64)
    kept = stops > starts
    return TextLines(np.flatnonzero(kept) + 1, starts[kept], stops[kept])
