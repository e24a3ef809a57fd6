"""All bytes of a file that are not valid in its encoding, and the encoding that could read the file. Knows no ids.

Training stops at the first such byte. Here all of them are found, up to a limit, so that a file is repaired once.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from charlm.errors import TextError
from charlm.text.decoding.encodings import find_codec, is_wide
from charlm.text.decoding.guessing import guess_encoding
from charlm.text.files.source_file import SourceFile

MOST_FAULTS = 1000  # that are collected in one file
SHOWN_BYTES = 8  # of a fault
# Decoders without a state, which can continue after a fault:
RESUMABLE = ("utf-8", "ascii", "cp", "iso8859", "latin", "mac", "koi8")


@dataclass(frozen=True)
class Fault:
    """Bytes that are not valid, and their offset in the (unpacked) file."""

    offset: int
    bytes: bytes

    def __str__(self) -> str:
        return f"byte {self.offset:,}: {self.bytes.hex(' ')}"


@dataclass(frozen=True)
class FaultyFile:
    """The faults of one file, whether there are more, and the encoding that reads it, if any, with some of the text."""

    label: str
    faults: tuple[Fault, ...]
    more: bool
    readings: dict[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """The same as values for JSON."""
        return {
            "file": self.label,
            "faults": [{"offset": fault.offset, "bytes": fault.bytes.hex()} for fault in self.faults],
            "more": self.more,
            "would_read": self.readings,
        }


def find_faults(piece: SourceFile, encoding: str) -> FaultyFile | None:
    """The faults of a file, or None if it has none. Raises TextError if the file cannot be read at all."""
    found = list(islice(_faults(piece, find_codec(encoding)), MOST_FAULTS + 1))
    if not found:
        return None
    more = len(found) > MOST_FAULTS
    guess = guess_encoding(piece)
    readings = {guess.encoding: guess.excerpt} if guess else {}
    return FaultyFile(piece.label, tuple(found[:MOST_FAULTS]), more, readings)


def _faults(piece: SourceFile, info: codecs.CodecInfo) -> Iterator[Fault]:
    """Invalid bytes and NULs, in order. In an encoding that keeps a state, only the first."""
    decoder: Any = info.incrementaldecoder("strict")
    wide = is_wide(info.name)
    offset = 0  # of the first byte that the decoder has not read
    blocks = piece.blocks()
    block = next(blocks, b"")
    while block:
        following = next(blocks, b"")
        while block or not following:
            start = offset - len(decoder.getstate()[0])  # the decoder keeps the beginning of an incomplete character
            try:
                text = decoder.decode(block, final=not following)
            except UnicodeError as error:
                # UTF-16 and UTF-32 raise an error without a position if the byte order mark is missing
                first, end = (error.start, error.end) if isinstance(error, UnicodeDecodeError) else (0, 1)
                seen = error.object if isinstance(error, UnicodeDecodeError) else block
                yield from _nuls(seen[:first], start, wide)
                yield Fault(start + first, seen[first:end][:SHOWN_BYTES])
                if not info.name.startswith(RESUMABLE):
                    return
                decoder.reset()
                block, offset = seen[end:], start + end
                continue
            if wide and "\0" in text:
                yield Fault(start, b"\0")
                return
            yield from _nuls(block, offset, wide)
            offset += len(block)
            break
        block = following


def _nuls(data: bytes, start: int, wide: bool) -> Iterator[Fault]:
    at = -1 if wide else data.find(0)
    while at >= 0:
        yield Fault(start + at, b"\0")
        at = data.find(0, at + 1)


def find_faulty_files(pieces: list[SourceFile], encoding: str) -> list[FaultyFile | TextError]:
    """What is wrong with each file, in order. Files without faults are left out."""
    found: list[FaultyFile | TextError] = []
    for piece in pieces:
        try:
            faulty = find_faults(piece, encoding)
        except TextError as error:
            found.append(error)
        else:
            found += [faulty] if faulty else []
    return found
