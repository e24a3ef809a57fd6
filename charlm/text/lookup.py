"""Finds the ids of characters, of clusters and of bytes. Knows what a symbol is, but no policy for unknown ones.

Shape letters: N symbols of a text, V symbols of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.text.clusters import clusters

Ids = npt.NDArray[Any]  # (N,) of uint8, uint16 or uint32
Missing = npt.NDArray[np.bool_] | None  # (N,): which are not in the vocabulary; None if all are
LOOKUP_LENGTH = 1 << 15  # characters looked up at a time: intermediate arrays stay in the processor's cache


class CharacterLookup:
    """Ids of characters. `codes` (K,) are their sorted code points, the ids of which are `first`, `first` + 1, ..."""

    def __init__(self, codes: npt.NDArray[np.uint32], first: int) -> None:
        self._codes, self._first, self._size = codes, first, first + len(codes)

    def split(self, text: str) -> Sequence[str]:
        """The symbols of a text."""
        return text

    def replace(self, symbols: Sequence[str], replaced: Mapping[str, str]) -> Sequence[str]:
        """The symbols, some of them replaced by known text."""
        return str(symbols).translate({ord(one): instead for one, instead in replaced.items()})

    def find(self, symbols: Sequence[str]) -> tuple[Ids, Missing]:
        """The ids (N,) of a text, and which of its characters have none; their ids have no meaning."""
        text, dtype = str(symbols), np.min_scalar_type(self._size - 1)
        if text.isascii():
            found = text.encode().translate(self._ascii_table)
            ids = np.frombuffer(found, np.uint8)
            return ids.astype(dtype, copy=False), ids == 255 if b"\xff" in found else None
        wide = np.empty(len(text), self._table.dtype)
        for start in range(0, len(text), LOOKUP_LENGTH):
            codes = code_points(text[start : start + LOOKUP_LENGTH])
            self._table.take(codes, mode="clip", out=wide[start : start + LOOKUP_LENGTH])
        return wide.astype(dtype, copy=False), wide == self._size if wide.max() == self._size else None

    @cached_property
    def _table(self) -> Ids:
        """The id of each code point up to the largest symbol, V for unknown ones. The last entry is for all beyond."""
        table = np.full(int(self._codes[-1]) + 2, self._size, np.min_scalar_type(self._size))
        table[self._codes] = np.arange(self._first, self._size)
        return table

    @cached_property
    def _ascii_table(self) -> bytes:
        """The id of each character of ASCII, which comes first in sorted symbols; 255 for unknown ones."""
        known = self._codes[self._codes < 0x80]
        return byte_table(known, self._first)


class ClusterLookup:
    """Ids of grapheme clusters. The id of the first of the sorted symbols (K,) is `first`."""

    def __init__(self, symbols: Sequence[str], first: int) -> None:
        self._ids = {symbol: number for number, symbol in enumerate(symbols, first)}
        self._size = first + len(symbols)

    def split(self, text: str) -> Sequence[str]:
        """The symbols of a text."""
        return text if text.isascii() else clusters(text)

    def replace(self, symbols: Sequence[str], replaced: Mapping[str, str]) -> Sequence[str]:
        """The symbols, some of them replaced by known text."""
        return [one for symbol in symbols for one in clusters(replaced.get(symbol, symbol))]

    def find(self, symbols: Sequence[str]) -> tuple[Ids, Missing]:
        """The ids (N,) of symbols, and which of them have none; their ids have no meaning."""
        if isinstance(symbols, str):  # ASCII
            wide = self._ascii_table[np.frombuffer(symbols.encode(), np.uint8)]
        else:
            found = map(self._ids.get, symbols, repeat(self._size))
            wide = np.fromiter(found, self._ascii_table.dtype, len(symbols))
        missing = wide == self._size
        return wide.astype(np.min_scalar_type(self._size - 1), copy=False), missing if missing.any() else None

    @cached_property
    def _ascii_table(self) -> Ids:
        """(128,) the id of each character of ASCII, V for unknown ones."""
        table = np.full(128, self._size, np.min_scalar_type(self._size))
        for code in range(128):
            table[code] = self._ids.get(chr(code), self._size)
        return table


def byte_table(known: npt.NDArray[Any], first: int = 0) -> bytes:
    """(256,) the ids of sorted bytes, from `first` on, and 255 for all others.

    No known one has the id 255, except the byte 255 if all bytes are known.
    """
    table = np.full(256, 255, np.uint8)
    table[known] = np.arange(first, first + len(known))
    return table.tobytes()


def code_points(text: str) -> npt.NDArray[Any]:
    """(N,) the code points of a text, as uint16 if they fit, otherwise as uint32."""
    narrow = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    if len(narrow) == len(text):
        return narrow
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
