"""The symbols of a model and the ids that stand for them. Knows no files, no corpora and no model.

Ids are positions in the symbols sorted by code point. A symbol is a character (a Unicode code point), or in a
vocabulary of bytes chr(0) to chr(255), standing for the byte. Shape letters: N symbols of a text, V of the vocabulary.
"""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from charlm.errors import CheckpointError, TextError
from charlm.text.nearest import nearest

Unit = Literal["character", "byte"]
Unknown = Literal["error", "skip", "nearest"]
Ids = npt.NDArray[Any]  # (N,) of uint8, uint16 or uint32
LOOKUP_LENGTH = (
    1 << 15
)  # characters looked up at a time, so that what lies between text and ids stays in the near cache


@dataclass(frozen=True)
class Encoded:
    """ids (N,), and how often each character occurred that is not in the vocabulary."""

    ids: Ids
    unknown: dict[str, int]


@dataclass(frozen=True)
class Vocabulary:
    """Sorted symbols. ValueError where they are none, unsorted, repeated, or not what the unit allows."""

    symbols: tuple[str, ...]
    unit: Unit = "character"

    def __post_init__(self) -> None:
        if self.unit not in ("character", "byte"):
            raise ValueError("the unit of a vocabulary is `character` or `byte`")
        if not self.symbols or any(not isinstance(symbol, str) or len(symbol) != 1 for symbol in self.symbols):
            raise ValueError("a vocabulary is at least one symbol, each a single character")
        codes = self._codes
        if (codes[1:] <= codes[:-1]).any():
            raise ValueError("the symbols of a vocabulary are sorted and differ")
        if ((codes >= 0xD800) & (codes < 0xE000)).any():
            raise ValueError("a lone surrogate is no symbol")
        if self.unit == "byte" and codes[-1] > 0xFF:
            raise ValueError("a byte is at most 255")

    @classmethod
    def of(cls, text: str, unit: Unit = "character") -> Vocabulary:
        """The vocabulary of a text: the symbols that occur in it."""
        symbols = set(text) if unit == "character" else {chr(byte) for byte in set(_utf8(text))}
        return cls(tuple(sorted(symbols)), unit)

    @classmethod
    def from_json(cls, value: Any) -> Vocabulary:
        """The vocabulary that `to_json` described. CheckpointError for anything else, however hostile."""
        try:
            if not isinstance(value, dict) or set(value) != {"unit", "symbols"}:
                raise ValueError("a vocabulary has a unit and symbols")
            if not isinstance(value["symbols"], str) or len(value["symbols"]) > 0x110000:
                raise ValueError("the symbols of a vocabulary are one string")
            return cls(tuple(value["symbols"]), value["unit"])
        except (ValueError, TypeError) as error:
            raise CheckpointError("The vocabulary is damaged.", str(error), "Use another checkpoint.") from None

    def to_json(self) -> dict[str, Any]:
        """What JSON can hold: the unit, and the symbols as one string."""
        return {"unit": self.unit, "symbols": "".join(self.symbols)}

    @property
    def size(self) -> int:
        """V, how many symbols there are."""
        return len(self.symbols)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the unit and the symbols, in hexadecimal: equal only where ids mean the same."""
        return hashlib.sha256(f"{self.unit}\n{''.join(self.symbols)}".encode()).hexdigest()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest type that holds every id."""
        return np.min_scalar_type(self.size - 1)

    @property
    def newline(self) -> int | None:
        """The id of the newline, which ends a record and opens a text; None where there is none."""
        return self.symbols.index("\n") if "\n" in self.symbols else None

    @cached_property
    def byte_lengths(self) -> npt.NDArray[np.int64]:
        """(V,) bytes that each symbol takes in UTF-8; 1 for a byte."""
        if self.unit == "byte":
            return np.ones(self.size, np.int64)
        return np.searchsorted([0x80, 0x800, 0x10000], self._codes, side="right").astype(np.int64) + 1

    def encode(self, text: str, unknown: Unknown = "error", start: int = 0) -> Encoded:
        """The ids of a text. A byte vocabulary reads its UTF-8.

        Characters that are not in the vocabulary are refused with a TextError (error), left out (skip), or replaced by
        the nearest known ones (nearest: base letter, other case, plain quotes and dashes; left out where none is
        near). `start` is where the text begins within a longer one, for the message.
        """
        ids = self._lookup(text)
        if ids is not None:
            return Encoded(ids, {})
        counts = {letter: count for letter, count in sorted(Counter(text).items()) if not self._has(letter)}
        if unknown == "error":
            offset, letter = next((at, one) for at, one in enumerate(text) if one in counts)
            raise self._refusal(f"character U+{ord(letter):04X} {letter!r}", start + offset)
        replacements = {ord(one): nearest(one, self._has) if unknown == "nearest" else "" for one in counts}
        known = self._lookup(text.translate(replacements))
        assert known is not None
        return Encoded(known, counts)

    def encode_bytes(self, data: bytes, unknown: Unknown = "error", start: int = 0) -> Encoded:
        """The ids of raw bytes in a vocabulary of bytes. No byte is near another: all but `error` leave it out."""
        ids = self._lookup_bytes(data)
        if ids is not None:
            return Encoded(ids, {})
        strangers = data.translate(None, self._known_bytes)
        if unknown == "error":
            offset, byte = next((at, one) for at, one in enumerate(data) if one in strangers)
            raise self._refusal(f"byte 0x{byte:02x}", start + offset)
        counts = {chr(byte): count for byte, count in sorted(Counter(strangers).items())}
        known = self._lookup_bytes(data.translate(None, bytes(set(strangers))))
        assert known is not None
        return Encoded(known, counts)

    def decode(self, ids: npt.ArrayLike) -> str:
        """The text of ids. Bytes that are not UTF-8 become U+FFFD."""
        if self.unit == "byte":
            return self.decode_bytes(ids).decode("utf-8", "replace")
        return self._codes[np.asarray(ids, np.int64)].tobytes().decode("utf-32-le")

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        """The raw bytes of ids, in a vocabulary of bytes."""
        return self._codes[np.asarray(ids, np.int64)].astype(np.uint8).tobytes()

    def decoder(self) -> Decoder:
        """A decoder for ids that come one after another."""
        return Decoder(self)

    @cached_property
    def _codes(self) -> npt.NDArray[np.uint32]:
        return np.array([ord(symbol) for symbol in self.symbols], dtype="<u4")

    @cached_property
    def _table(self) -> Ids:
        """The id of each code point up to the largest symbol, V where there is none and, last, for all beyond."""
        table = np.full(int(self._codes[-1]) + 2, self.size, np.min_scalar_type(self.size))
        table[self._codes] = np.arange(self.size)
        return table

    @cached_property
    def _known_bytes(self) -> bytes:
        return bytes(ord(symbol) for symbol in self.symbols if symbol <= "\xff")

    @cached_property
    def _byte_table(self) -> bytes:
        """The id of each byte, or of each character of ASCII, and 255 where there is none.

        No other has the id 255, but for the byte 255 where all bytes are known: symbols are sorted, ASCII comes first.
        """
        known = self._codes[self._codes < (0x100 if self.unit == "byte" else 0x80)]
        table = np.full(256, 255, np.uint8)
        table[known] = np.arange(len(known))
        return table.tobytes()

    @cached_property
    def _members(self) -> frozenset[str]:
        return frozenset(self.symbols)

    def _has(self, character: str) -> bool:
        if self.unit == "byte":
            return not _utf8(character).translate(None, self._known_bytes)
        return character in self._members

    def _lookup(self, text: str) -> Ids | None:
        """ids (N,) of a text, or None where it has a character that is not in the vocabulary."""
        if self.unit == "byte":
            return self._lookup_bytes(_utf8(text))
        if text.isascii():
            ids = self._lookup_bytes(text.encode())
            return None if ids is None else ids.astype(self.dtype, copy=False)
        wide = np.empty(len(text), self._table.dtype)
        for start in range(0, len(text), LOOKUP_LENGTH):
            codes = code_points(text[start : start + LOOKUP_LENGTH])
            self._table.take(codes, mode="clip", out=wide[start : start + LOOKUP_LENGTH])
        return None if wide.max() == self.size else wide.astype(self.dtype, copy=False)

    def _lookup_bytes(self, data: bytes) -> Ids | None:
        """ids (N,) of bytes or of ASCII, likewise."""
        ids = data.translate(self._byte_table)
        if b"\xff" in ids and not (self.unit == "byte" and self.size == 256):
            return None
        return np.frombuffer(ids, np.uint8)

    def _refusal(self, symbol: str, offset: int) -> TextError:
        return TextError(
            f"The {symbol} is not among the {self.size} symbols of the vocabulary.",
            f"It stands at offset {offset}, counted from 0.",
            "Choose what becomes of it: `--unknown skip` leaves it out, `--unknown nearest` reads the nearest one.",
        )


class Decoder:
    """Text out of ids that come piece by piece; a character of several bytes comes when it is whole."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, ids: npt.ArrayLike) -> str:
        """The text that is certain after these ids."""
        if self._vocabulary.unit == "character":
            return self._vocabulary.decode(ids)
        return self._bytes.decode(self._vocabulary.decode_bytes(ids))

    def finish(self) -> str:
        """What was held back: U+FFFD for a character that never became whole, or nothing."""
        return self._bytes.decode(b"", final=True)


def code_points(text: str) -> npt.NDArray[Any]:
    """(N,) the characters of a text as numbers, in the narrowest of two forms that Python makes quickly."""
    narrow = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    if len(narrow) == len(text):
        return narrow
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _utf8(text: str) -> bytes:
    """The bytes of a text; of an argument that was not UTF-8, the bytes that the shell gave."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return text.encode("utf-8", "surrogatepass")
