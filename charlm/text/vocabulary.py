"""The symbols of a model and their ids. Knows no files, no corpora and no model.

An id is a position in the sorted symbols. A symbol is a character (a Unicode code point), a grapheme cluster
(clusters.py), or in a vocabulary of bytes chr(0) to chr(255) for the byte. The symbol "", which comes first if there is
one, is the unknown symbol: it stands for every character that is not in the vocabulary, and is never written.
Shape letters: N symbols of a text, V symbols of the vocabulary.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from charlm.errors import CheckpointError, TextError
from charlm.text.clusters import LONGEST, clusters
from charlm.text.decoder import Decoder
from charlm.text.lookup import CharacterLookup, ClusterLookup, byte_table
from charlm.text.lookup import Ids as Ids
from charlm.text.nearest import nearest as nearest_known

Unit = Literal["character", "byte", "grapheme"]
Unknown = Literal["error", "skip", "nearest"]
UNITS = {"character": "characters", "byte": "bytes", "grapheme": "graphemes"}  # how many of each are called
UNKNOWN = ""  # the symbol for all characters that are not in the vocabulary
LOST = "\ufffd"  # what stands for it, and for bytes that are no text, where text is shown
SURROGATES = re.compile("[\ud800-\udfff]")


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
        if self.unit not in UNITS:
            raise ValueError("the unit of a vocabulary must be `character`, `byte` or `grapheme`")
        longest = LONGEST if self.unit == "grapheme" else 1
        if any(not isinstance(symbol, str) or len(symbol) > longest for symbol in self.symbols):
            raise ValueError(f"each symbol of a vocabulary must be text of at most {longest} code points")
        if any(one >= other for one, other in pairwise(self.symbols)):
            raise ValueError("the symbols of a vocabulary must be sorted and differ")
        if not self._known or (self.unit == "byte" and self.unknown_id is not None):
            raise ValueError("a vocabulary needs at least one symbol, and a byte is a single character")
        if SURROGATES.search("".join(self.symbols)):
            raise ValueError("a lone surrogate cannot be a symbol")
        if self.unit == "byte" and self.symbols[-1] > "\xff":
            raise ValueError("a byte must be at most 255")

    @classmethod
    def of(cls, text: str, unit: Unit = "character") -> Vocabulary:
        """The vocabulary of the symbols that occur in a text."""
        match unit:
            case "byte":
                symbols: Iterable[str] = {chr(byte) for byte in set(_utf8(text))}
            case "grapheme":
                symbols = set(clusters(text))
            case _:
                symbols = set(text)
        return cls(tuple(sorted(symbols)), unit)

    @classmethod
    def of_counts(
        cls, counts: Mapping[str, int], unit: Unit = "character", min_count: int = 1, kept: Collection[str] = ()
    ) -> Vocabulary:
        """The vocabulary of the counted symbols; those below `min_count`, but for `kept`, become the unknown symbol.

        Raises TextError if all do.
        """
        frequent = sorted(symbol for symbol, count in counts.items() if count >= min_count or symbol in kept)
        if min_count > 1 and not any(symbol not in kept for symbol in frequent):
            most = max((count for symbol, count in counts.items() if symbol not in kept), default=0)
            raise TextError(
                f"No character of the text occurs {min_count:,} times",
                f"text.min_count={min_count}",
                f"The most frequent one occurs {most:,} times. Give a smaller number.",
            )
        return cls(tuple(frequent if len(frequent) == len(counts) else [UNKNOWN, *frequent]), unit)

    @classmethod
    def from_json(cls, value: Any) -> Vocabulary:
        """The vocabulary that `to_json` described. Raises CheckpointError for any other value."""
        try:
            if not isinstance(value, dict) or set(value) not in ({"unit", "symbols"}, {"unit", "symbols", "unknown"}):
                raise ValueError("a vocabulary must have a unit and symbols")
            symbols = value["symbols"]
            if not isinstance(symbols, list if value["unit"] == "grapheme" else str) or len(symbols) > 0x110000:
                raise ValueError("the symbols of a vocabulary must be one string, or of graphemes a list")
            if value.get("unknown", True) is not True or UNKNOWN in list(symbols):
                raise ValueError("a vocabulary has an unknown symbol (true), or none")
            return cls((*([UNKNOWN] if "unknown" in value else []), *symbols), value["unit"])
        except (ValueError, TypeError) as error:
            raise CheckpointError("The vocabulary is damaged", str(error), "Use another checkpoint.") from None

    def to_json(self) -> dict[str, Any]:
        """The unit, the symbols, and whether one is for unknown characters, as values that JSON can hold.

        Characters and bytes are one string, graphemes a list.
        """
        symbols = list(self._known) if self.unit == "grapheme" else "".join(self._known)
        return {"unit": self.unit, "symbols": symbols, **({} if self.unknown_id is None else {"unknown": True})}

    @property
    def size(self) -> int:
        """V, the number of symbols."""
        return len(self.symbols)

    @property
    def unknown_id(self) -> int | None:
        """The id of the unknown symbol; None if there is none."""
        return 0 if self.symbols[:1] == (UNKNOWN,) else None

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the unit and the symbols, in hexadecimal: equal only if the ids mean the same."""
        plain = self.unit != "grapheme" and self.unknown_id is None
        content = f"{self.unit}\n{''.join(self.symbols)}" if plain else json.dumps(self.to_json())
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest dtype that holds every id."""
        return np.min_scalar_type(self.size - 1)

    @property
    def newline(self) -> int | None:
        """The id of the newline, which ends a record and starts a text; None if it is not a symbol."""
        return self.symbols.index("\n") if "\n" in self.symbols else None

    @property
    def start(self) -> int:
        """The id that a model reads if there is no text: the newline's, otherwise that of the first character."""
        return self.newline if self.newline is not None else len(self.symbols) - len(self._known)

    @cached_property
    def byte_lengths(self) -> npt.NDArray[np.int64]:
        """(V,) the number of bytes of each symbol in UTF-8; 1 for a byte, 0 for the unknown symbol."""
        if self.unit == "byte":
            return np.ones(self.size, np.int64)
        return np.array([len(symbol.encode()) for symbol in self.symbols], np.int64)

    def bytes_of(self, symbol: str) -> int:
        """The number of bytes in UTF-8 of a symbol of this unit, known or not."""
        return 1 if self.unit == "byte" else len(symbol.encode("utf-8", "surrogatepass"))

    def encode(self, text: str, unknown: Unknown = "error", start: int = 0) -> Encoded:
        """The ids of a text; in a vocabulary of bytes, of its UTF-8.

        Characters that are not in the vocabulary raise TextError (error), are left out (skip), or are replaced by the
        nearest known ones (nearest: base letter, other case, plain quotes and dashes; left out if none is near). What
        would be left out is read as the unknown symbol, if there is one. `start` is the offset of the text within a
        longer one, for the message.
        """
        if self.unit == "byte":
            return self._encode_as_bytes(text, unknown, start)
        symbols = self._lookup.split(text)
        ids, missing = self._lookup.find(symbols)
        if missing is None:
            return Encoded(ids, {})
        counts = {symbol: count for symbol, count in sorted(Counter(symbols).items()) if symbol not in self._members}
        if unknown == "error":
            at = int(missing.argmax())
            raise self._unknown_error(_named(symbols[at]), start + sum(map(len, symbols[:at])))
        near = {one: self.nearest(one) for one in counts} if unknown == "nearest" else {}
        if near := {one: instead for one, instead in near.items() if instead}:
            ids, missing = self._lookup.find(self._lookup.replace(symbols, near))
        if missing is None:
            return Encoded(ids, counts)
        if self.unknown_id is None:
            return Encoded(ids[~missing], counts)
        return Encoded(np.where(missing, np.array(self.unknown_id, ids.dtype), ids), counts)

    def encode_bytes(self, data: bytes, unknown: Unknown = "error", start: int = 0) -> Encoded:
        """The ids of bytes in a vocabulary of bytes. `nearest` leaves unknown bytes out, like `skip`."""
        ids = self._bytes_found(data)
        if ids is not None:
            return Encoded(ids, {})
        unknown_bytes = data.translate(None, self._known_bytes)
        if unknown == "error":
            offset, byte = next((at, one) for at, one in enumerate(data) if one in unknown_bytes)
            raise self._unknown_error(f"byte 0x{byte:02x}", start + offset)
        counts = {chr(byte): count for byte, count in sorted(Counter(unknown_bytes).items())}
        known = self._bytes_found(data.translate(None, bytes(set(unknown_bytes))))
        assert known is not None
        return Encoded(known, counts)

    def lacking(self, text: str) -> set[str]:
        """The characters of a text that are not in the vocabulary."""
        return {symbol for symbol in set(clusters(text) if self.unit == "grapheme" else text) if not self._has(symbol)}

    def nearest(self, character: str) -> str:
        """The known characters that `encode` reads in place of an unknown one; empty if none is near."""
        return nearest_known(character, self._has, clusters if self.unit == "grapheme" else list)

    def decode(self, ids: npt.ArrayLike) -> str:
        """The text of ids. The unknown symbol, and bytes that are not UTF-8, become U+FFFD."""
        if self.unit == "byte":
            return self.decode_bytes(ids).decode("utf-8", "replace")
        numbers = np.asarray(ids, np.int64)
        if self.unit == "grapheme":
            return "".join([self.symbols[number] or LOST for number in numbers.tolist()])
        return self._codes[numbers].tobytes().decode("utf-32-le")

    def decode_bytes(self, ids: npt.ArrayLike) -> bytes:
        """The bytes of ids, in a vocabulary of bytes."""
        return self._codes[np.asarray(ids, np.int64)].astype(np.uint8).tobytes()

    def decoder(self) -> Decoder:
        """A new decoder for a stream of ids."""
        return Decoder(self.decode, self.decode_bytes if self.unit == "byte" else None)

    @property
    def _known(self) -> tuple[str, ...]:
        return self.symbols if self.unknown_id is None else self.symbols[1:]

    @cached_property
    def _lookup(self) -> CharacterLookup | ClusterLookup:
        first = len(self.symbols) - len(self._known)
        if self.unit == "grapheme":
            return ClusterLookup(self._known, first)
        return CharacterLookup(self._codes[first:], first)

    @cached_property
    def _codes(self) -> npt.NDArray[np.uint32]:
        """(V,) the code point of each character."""
        return np.array([ord(symbol or LOST) for symbol in self.symbols], dtype="<u4")

    @cached_property
    def _known_bytes(self) -> bytes:
        return bytes(ord(symbol) for symbol in self.symbols if symbol <= "\xff")

    @cached_property
    def _members(self) -> frozenset[str]:
        return frozenset(self._known)

    def _has(self, character: str) -> bool:
        if self.unit == "byte":
            return not _utf8(character).translate(None, self._known_bytes)
        return character in self._members

    def _encode_as_bytes(self, text: str, unknown: Unknown, start: int) -> Encoded:
        ids = self._bytes_found(_utf8(text))
        if ids is not None:
            return Encoded(ids, {})
        counts = {letter: count for letter, count in sorted(Counter(text).items()) if not self._has(letter)}
        if unknown == "error":
            offset, letter = next((at, one) for at, one in enumerate(text) if one in counts)
            raise self._unknown_error(_named(letter), start + offset)
        replacements = {ord(one): self.nearest(one) if unknown == "nearest" else "" for one in counts}
        known = self._bytes_found(_utf8(text.translate(replacements)))
        assert known is not None
        return Encoded(known, counts)

    def _bytes_found(self, data: bytes) -> Ids | None:
        """ids (N,) of bytes; None if one is not in the vocabulary."""
        ids = data.translate(self._byte_table)
        return None if b"\xff" in ids and self.size < 256 else np.frombuffer(ids, np.uint8)

    @cached_property
    def _byte_table(self) -> bytes:
        return byte_table(self._codes)

    def _unknown_error(self, symbol: str, offset: int) -> TextError:
        return TextError(
            f"The {symbol} is not among the {self.size} symbols of the vocabulary",
            f"at offset {offset}, counted from 0",
            "Leave it out with `--unknown skip`, or replace it by the nearest one with `--unknown nearest`.",
        )


def _named(symbol: str) -> str:
    return f"character {' '.join(f'U+{ord(one):04X}' for one in symbol)} {symbol!r}"


def _utf8(text: str) -> bytes:
    """The UTF-8 of a text; of an argument that was not UTF-8, the bytes that the shell passed."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return text.encode("utf-8", "surrogatepass")
