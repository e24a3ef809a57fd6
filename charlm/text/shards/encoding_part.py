"""Encodes a part of a text, and writes its ids where they belong in the ids of the whole. Knows no processes.

Shape letters: N ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from charlm.errors import TextError
from charlm.text.cache import DTYPES, Pieces, has_pieces
from charlm.text.clusters import in_whole_clusters
from charlm.text.records.record_hashes import lengthened
from charlm.text.records.tally import Tally
from charlm.text.stream import TextStream
from charlm.text.vocabulary import Ids, Unknown, Vocabulary

Told = Callable[[int], object]


@dataclass(frozen=True)
class Encoded:
    """What was written of a part: the ids of each file, a hash of each if it is asked for, and checksums."""

    lengths: list[int]
    hashes: list[int]
    pieces: list[tuple[int, str]]  # as of cache.Pieces

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Encoded:
        pieces = [(int(length), str(sha256)) for length, sha256 in value["pieces"]]
        return cls(list(value["lengths"]), list(value["hashes"]), pieces)

    @property
    def length(self) -> int:
        """N of the part."""
        return sum(self.lengths)


def length_of(counts: Mapping[str, int], vocabulary: Vocabulary, unknown: Unknown) -> int:
    """N of a text with these symbols: each is encoded by itself. Raises TextError for an unknown one with `error`."""
    known = set(vocabulary.symbols)
    return sum(
        count * (1 if symbol in known else len(_ids_of(symbol, vocabulary, unknown)))
        for symbol, count in counts.items()
    )


def bytes_of(counts: Mapping[str, int], vocabulary: Vocabulary, unknown: Unknown) -> int:
    """The bytes in UTF-8 of what a text with these symbols is read as."""
    sizes = dict(zip(vocabulary.symbols, vocabulary.byte_lengths.tolist(), strict=True))
    return sum(
        count
        * (
            sizes[symbol]
            if symbol in sizes
            else int(vocabulary.byte_lengths[_ids_of(symbol, vocabulary, unknown)].sum())
        )
        for symbol, count in counts.items()
    )


def encoded(stream: TextStream, vocabulary: Vocabulary, unknown: Unknown, start: int = 0) -> Iterator[tuple[int, Ids]]:
    """The ids of the text, piece by piece, each with the number of its file.

    `start` is how much of the text comes before, for the message about an unknown character.
    """
    for number in range(len(stream.files)):
        pieces: Iterator[str | bytes] = stream.bytes_of(number) if stream.as_bytes else _texts(stream, number)
        for piece in pieces:
            if isinstance(piece, bytes):
                yield number, vocabulary.encode_bytes(piece, unknown, start).ids
            else:
                yield number, vocabulary.encode(piece, unknown, start).ids
            start += len(piece)


def write_part(
    stream: TextStream, vocabulary: Vocabulary, unknown: Unknown, place: Place, hashed: bool, told: Told
) -> Encoded:
    """Encode a part into its place; `told` hears of the ids written. `hashed`: with a hash of each file.

    Raises TextError if the text is not the one that was counted, or if there is no room on the disk.
    """
    dtype = DTYPES[vocabulary.dtype.name]
    lengths, hashes, written = [0] * len(stream.files), [0] * len(stream.files), 0
    pieces = Pieces(dtype.itemsize)
    try:
        with place.file.open("r+b") as file:
            file.seek(place.start * dtype.itemsize)
            for number, ids in encoded(stream, vocabulary, unknown):
                if hashed:
                    hashes[number] = lengthened(hashes[number], lengths[number], ids)
                lengths[number] += len(ids)
                written += len(ids)
                if written > place.length:
                    break
                data = ids.astype(dtype, copy=False).tobytes()
                pieces.add(data)
                file.write(data)
                told(written)
    except OSError as error:
        raise no_room_error(place.file, error.strerror or str(error)) from None
    if written != place.length:
        names = ", ".join(file.label for file in stream.files[:3])
        raise TextError("The text changed while it was read", names, "Copy it, and give the copy.")
    return Encoded(lengths, hashes if hashed else [], pieces.found)


@dataclass(frozen=True)
class Place:
    """Where a part belongs in a file of ids: its first id and N."""

    file: Path
    start: int
    length: int

    def has(self, written: Encoded, itemsize: int) -> bool:
        """Whether what was written of a part is there, whole."""
        return written.length == self.length and has_pieces(self.file, self.start, written.pieces, itemsize)


def no_room_error(file: Path, reason: str) -> TextError:
    """The error for ids that cannot be written. What was encoded before is kept."""
    return TextError(
        f"The encoded text cannot be written: {reason}",
        str(file.parent),
        "Make room there, or set CHARLM_CACHE to a folder with room. The same command goes on where it stopped.",
    )


def _texts(stream: TextStream, number: int) -> Iterator[str]:
    """The text of a file, in pieces that can be encoded each by itself."""
    texts = (chunk.text for chunk in stream.text_of(number, Tally()))
    return in_whole_clusters(texts) if stream.settings.unit == "grapheme" else texts


def _ids_of(symbol: str, vocabulary: Vocabulary, unknown: Unknown) -> Ids:
    if vocabulary.unit == "byte":
        return vocabulary.encode_bytes(bytes([ord(symbol)]), unknown).ids
    return np.asarray(vocabulary.encode(symbol, unknown).ids)
