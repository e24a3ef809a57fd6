"""Ids as pieces of text that can be shown, with numbers for each. Knows no model.

A piece is what a symbol writes; of bytes, those of a character are one piece. Shape letters: N symbols, P pieces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from charlm.display.folding import cells
from charlm.text.vocabulary import LOST, Vocabulary

LINE_ENDS = "\n\x1e"
END_MARK = "↵"  # what is shown for a line end that has a cell of its own


def shown_pieces(vocabulary: Vocabulary, ids: np.ndarray) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The pieces of ids (N,), and the place of the first symbol of each (P,). A byte that is no character is one."""
    if vocabulary.unit != "byte":
        shown = [symbol or LOST for symbol in vocabulary.symbols]
        return [shown[one] for one in ids.tolist()], np.arange(len(ids))
    text = vocabulary.decode_bytes(ids).decode("utf-8", "surrogateescape")
    sizes = [1 if one <= "\x7f" or "\udc80" <= one <= "\udcff" else len(one.encode()) for one in text]
    pieces = [LOST if "\udc80" <= one <= "\udcff" else one for one in text]
    return pieces, np.cumsum([0, *sizes])[:-1].astype(np.int64)


@dataclass(frozen=True, eq=False)
class Pieces:
    """`texts` (P,), and the place of the first symbol of each (P,)."""

    texts: list[str]
    places: npt.NDArray[np.int64]

    @classmethod
    def of(cls, vocabulary: Vocabulary, ids: np.ndarray) -> Pieces:
        """The pieces of ids (N,)."""
        return cls(*shown_pieces(vocabulary, ids))

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Values (N,) of symbols added up to those of pieces (P,)."""
        return np.add.reduceat(values, self.places) if self.texts else np.zeros(0)


def symbol_name(vocabulary: Vocabulary, number: int) -> str:
    """What a symbol is called in a table: in quotes, or a byte by its number."""
    from charlm.text.quoting import quoted

    symbol = vocabulary.symbols[number]
    if vocabulary.unit == "byte" and not (" " <= symbol <= "~" or symbol == "\n"):
        return f"byte 0x{ord(symbol):02x}"
    return quoted(symbol)


def in_one_cell(piece: str, otherwise: str) -> str:
    """A piece in a single cell of a terminal: a mark for a line end, and `otherwise` for what takes another room."""
    if piece in LINE_ENDS:
        return END_MARK
    return piece if piece.isprintable() and cells(piece) == 1 else otherwise
