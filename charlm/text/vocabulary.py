"""The symbols of a model and their ids. Knows no files, no corpora and no model.

An id is a position in the symbols sorted by code point. A symbol is a character (a Unicode code point); in a vocabulary
of bytes, chr(0) to chr(255) for the byte. Shape letters: N symbols of a text, V symbols of the vocabulary.
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
from charlm.text.nearest import nearest as nearest_known

Unit = Literal["character", "byte"]
Unknown = Literal["error", "skip", "nearest"]
Ids = npt.NDArray[Any]  # (N,) of uint8, uint16 or uint32
LOOKUP_LENGTH = 1 << 15  # characters looked up at a time: intermediate arrays stay in the processor's cache


@dataclass(frozen=True)
class Encoded:
    """ids (N,), and the count of each character that is not in the vocabulary."""

    ids: Ids
    unknown: dict[str, int]


@dataclass(frozen=True)
class Vocabulary:
    """Sorted symbols. Raises ValueError if they are empty, unsorted, repeated, or invalid for the unit."""

    symbols: tuple[str, ...]
    unit: Unit = "character"

    def __post_init__(self) -> None:
        if self.unit not in ("character", "byte"):
            raise ValueError("the unit of a vocabulary must be `character` or `byte`")
        if not self.symbols or any(not isinstance(symbol, str) or len(symbol) != 1 for symbol in self.symbols):
            raise ValueError("a vocabulary needs at least one symbol, each a single character")
        codes = self._codes
        if (codes[1:] <= codes[:-1]).any():
            raise ValueError("the symbols of a vocabulary must be sorted and differ")
        if ((codes >= 0xD800) & (codes < 0xE000)).any():
            raise ValueError("a lone surrogate cannot be a symbol")
        if self.unit == "byte" and codes[-1] > 0xFF:
            raise ValueError("a byte must be at most 255")

    @classmethod
    def of(cls, text: str, unit: Unit = "character") -> Vocabulary:
        """The vocabulary of the symbols that occur in a text."""
        symbols = set(text) if unit == "character" else {chr(byte) for byte in set(_utf8(text))}
        return cls(tuple(sorted(symbols)), unit)

    @classmethod
    def from_json(cls, value: Any) -> Vocabulary:
        """The vocabulary that `to_json` described. Raises CheckpointError for any other value."""
        try:
            if not isinstance(value, dict) or set(value) != {"unit", "symbols"}:
                raise ValueError("a vocabulary must have a unit and symbols")
            if not isinstance(value["symbols"], str) or len(value["symbols"]) > 0x110000:
                raise ValueError("the symbols of a vocabulary must be one string")
            return cls(tuple(value["symbols"]), value["unit"])
        except (ValueError, TypeError) as error:
            raise CheckpointError("The vocabulary is damaged", str(error), "Use another checkpoint.") from None

    def to_json(self) -> dict[str, Any]:
        """The unit, and the symbols as one string, as values that JSON can hold."""
        return {"unit": self.unit, "symbols": "".join(self.symbols)}

    @property
    def size(self) -> int:
        """V, the number of symbols."""
        return len(self.symbols)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the unit and the symbols, in hexadecimal: equal only if the ids mean the same."""
        return hashlib.sha256(f"{self.unit}\n{''.join(self.symbols)}".encode()).hexdigest()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest dtype that holds every id."""
        return np.min_scalar_type(self.size - 1)

    @property
    def newline(self) -> int | None:
        """The id of the newline, which ends a record and starts a text; None if it is not a symbol."""
        return self.symbols.index("\n") if "\n" in self.symbols else None

    @cached_property
    def byte_lengths(self) -> npt.NDArray[np.int64]:
        """(V,) the number of bytes of each symbol in UTF-8; 1 for a byte."""
        if self.unit == "byte":
            return np.ones(self.size, np.int64)
        return np.searchsorted([0x80, 0x800, 0x10000], self._codes, side="right").astype(np.int64) + 1

    def bytes_of(self, symbol: str) -> int:
        """The number of bytes in UTF-8 of a symbol of this unit, known or not."""
        return 1 if self.unit == "byte" else len(symbol.encode("utf-8", "surrogatepass"))

    def encode(self, text: str, unknown: Unknown = "error", start: int = 0) -> Encoded:
        """The ids of a text; in a vocabulary of bytes, of its UTF-8.

        Characters that are not in the vocabulary raise TextError (error), are left out (skip), or are replaced by the
        nearest known ones (nearest: base letter, other case, plain quotes and dashes; left out if none is near).
        `start` is the offset of the text within a longer one, for the message.
        """
        ids = self._lookup(text)
        if ids is not None:
            return Encoded(ids, {})
        counts = {letter: count for letter, count in sorted(Counter(text).items()) if not self._has(letter)}
        if unknown == "error":
            offset, letter = next((at, one) for at, one in enumerate(text) if one in counts)
            raise self._unknown_error(f"character U+{ord(letter):04X} {letter!r}", start + offset)
        replacements = {ord(one): self.nearest(one) if unknown == "nearest" else "" for one in counts}
        known = self._lookup(text.translate(replacements))
        assert known is not None
        return Encoded(known, counts)

    def encode_bytes(self, data: bytes, unknown: Unknown = "error", start: int = 0) -> Encoded:
        """The ids of bytes in a vocabulary of bytes. `nearest` leaves unknown bytes out, like `skip`."""
        ids = self._lookup_bytes(data)
        if ids is not None:
            return Encoded(ids, {})
        unknown_bytes = data.translate(None, self._known_bytes)
        if unknown == "error":
            offset, byte = next((at, one) for at, one in enumerate(data) if one in unknown_bytes)
            raise self._unknown_error(f"byte 0x{byte:02x}", start + offset)
        counts = {chr(byte): count for byte, count in sorted(Counter(unknown_bytes).items())}
        known = self._lookup_bytes(data.translate(None, bytes(set(unknown_bytes))))
        assert known is not None
        return Encoded(known, counts)

    def nearest(self, character: str) -> str:
        """The known characters that `encode` reads in place of an unknown one; empty if none is near."""
        return nearest_known(character, self._has)

    def decode(self, ids: npt.ArrayLike) -> str:
        """The text of ids. Bytes that are not UTF-8 become U+FFFD."""
        if self.unit == "byte":
            return self.decode_bytes(ids).decode("utf-8", "replace")
        return self._codes[np.asarray(ids, np.int64)].tobytes().decode("utf-32-le")

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        """The bytes of ids, in a vocabulary of bytes."""
        return self._codes[np.asarray(ids, np.int64)].astype(np.uint8).tobytes()

    def decoder(self) -> Decoder:
        """A new decoder for a stream of ids."""
        return Decoder(self)

    @cached_property
    def _codes(self) -> npt.NDArray[np.uint32]:
        return np.array([ord(symbol) for symbol in self.symbols], dtype="<u4")

    @cached_property
    def _table(self) -> Ids:
        """The id of each code point up to the largest symbol, V for unknown ones. The last entry is for all beyond."""
        table = np.full(int(self._codes[-1]) + 2, self.size, np.min_scalar_type(self.size))
        table[self._codes] = np.arange(self.size)
        return table

    @cached_property
    def _known_bytes(self) -> bytes:
        return bytes(ord(symbol) for symbol in self.symbols if symbol <= "\xff")

    @cached_property
    def _byte_table(self) -> bytes:
        """The id of each byte, or of each character of ASCII; 255 for unknown ones.

        No known one has the id 255, except the byte 255 if all bytes are known: ASCII comes first in sorted symbols.
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
        """ids (N,) of a text; None if it has a character that is not in the vocabulary."""
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
        """ids (N,) of bytes, or of a text in ASCII; None if one is not in the vocabulary."""
        ids = data.translate(self._byte_table)
        if b"\xff" in ids and not (self.unit == "byte" and self.size == 256):
            return None
        return np.frombuffer(ids, np.uint8)

    def _unknown_error(self, symbol: str, offset: int) -> TextError:
        return TextError(
            f"The {symbol} is not among the {self.size} symbols of the vocabulary",
            f"at offset {offset}, counted from 0",
            "Leave it out with `--unknown skip`, or replace it by the nearest one with `--unknown nearest`.",
        )


class Decoder:
    """Decodes a stream of ids. A character of several bytes is returned when it is complete."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, ids: npt.ArrayLike) -> str:
        """The text that these ids complete."""
        if self._vocabulary.unit == "character":
            return self._vocabulary.decode(ids)
        return self._bytes.decode(self._vocabulary.decode_bytes(ids))

    def finish(self) -> str:
        """The rest: U+FFFD for an incomplete character, otherwise nothing."""
        return self._bytes.decode(b"", final=True)


def code_points(text: str) -> npt.NDArray[Any]:
    """(N,) the code points of a text, as uint16 if they fit, otherwise as uint32."""
    narrow = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2")
    if len(narrow) == len(text):
        return narrow
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _utf8(text: str) -> bytes:
    """The UTF-8 of a text; of an argument that was not UTF-8, the bytes that the shell passed."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return text.encode("utf-8", "surrogatepass")
