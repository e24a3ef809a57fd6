"""The bytes of a compressed file. Knows no model.

    3 bytes   charlm's mark, which no text begins with
    1 byte    version of this form
    1 byte    engine and level of its kernels (engine.py)
    1 byte    the row length as a power of 2, and 128 if the text has the line ends of Windows (symbols.py)
    1 byte    1 if the model adapted to the text, 2 if it was mixed with an n-gram, 4 if that began with the counts of
              the model's training text (learning.py), 8 if the model began from nothing (beginning.py)
    4 bytes   checksum of the model
    4 bytes   checksum of its first probabilities
    4 bytes   the rate, if it adapted: a float32
    4 bytes   checksum of the training text, if it was counted
    numbers   what the model was before it learned anything, if it began from nothing
    blocks    number of symbols * 2, + 1 for the last block; number of words; the words of the coder (4 bytes each)
    number    bytes of the text
    4 bytes   checksum of the text
    4 bytes   CRC-32 of all bytes before it

A number is written with 7 bits a byte, the lowest first; a byte from 128 on says that another one follows. Checksums
are the first bytes of a sha256, and CRC-32 is that of zlib: it finds every change of up to 32 bits in a row.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from charlm.compression.beginning import Beginning
from charlm.compression.learning import NOTHING, Learning
from charlm.errors import IntegrityError, TextError

MARK = b"\xc7lm"
VERSION = 2
BLOCK = 2**20  # most symbols of a block: what is kept in memory
LONGEST_ROW = 30  # as a power of 2
ONE_ROW = 20  # the same, of a text that a trained model learns from: a block is one row
WINDOWS = 128
ADAPTED, MIXED, COUNTED, FROM_NOTHING = 1, 2, 4, 8
MOST_WORDS = 8 * BLOCK  # of a block: each symbol takes at most 24 bits, and a name four times as much
CHECKSUM = 4  # bytes of each
_HEAD = struct.Struct(f"<3sBBBB{CHECKSUM}s{CHECKSUM}s")
_RATE = struct.Struct("<f")
_CHUNK = 2**20

DAMAGED = "The compressed file is damaged"
REMEDY = "Copy it again from where it was made, or compress the text again."


@dataclass(frozen=True)
class Head:
    """What is said of a file before its first block."""

    engine: int
    windows: bool
    row_power: int
    model: bytes
    first: bytes
    learning: Learning = NOTHING
    beginning: Beginning | None = None

    def packed(self) -> bytes:
        rate, counted = self.learning.rate, self.learning.counted
        learned = ADAPTED * (rate is not None) | MIXED * self.learning.mixed | COUNTED * (counted is not None)
        learned |= FROM_NOTHING * (self.beginning is not None)
        layout = WINDOWS * self.windows | self.row_power
        head = _HEAD.pack(MARK, VERSION, self.engine, layout, learned, self.model, self.first)
        head += b"" if rate is None else _RATE.pack(rate)
        head += counted or b""
        return head if self.beginning is None else head + b"".join(map(packed_number, self.beginning.numbers()))


@dataclass(frozen=True)
class Block:
    size: int  # symbols
    words: bytes


class Writer:
    """Writes a file from its beginning to its end."""

    def __init__(self, file: BinaryIO, head: Head) -> None:
        self._file, self._crc, self.written = file, 0, 0
        self._put(head.packed())

    def block(self, size: int, words: bytes, last: bool) -> None:
        self._put(packed_number(2 * size + last) + packed_number(len(words) // 4) + words)

    def end(self, length: int, checksum: bytes) -> None:
        """The length of the text in bytes, and its checksum."""
        self._put(packed_number(length) + checksum)
        self._put(struct.pack("<I", self._crc))

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._crc = zlib.crc32(content, self._crc)
        self.written += len(content)


@dataclass(frozen=True)
class Contents:
    """A file whose bytes are those that were written, to be decoded block by block."""

    head: Head
    size: int  # bytes of the file
    length: int  # bytes of the text
    checksum: bytes
    blocks: list[tuple[int, int, int]]  # symbols, place and bytes of each

    @property
    def symbols(self) -> int:
        return sum(size for size, *_ in self.blocks)

    def read(self, file: BinaryIO) -> Iterator[Block]:
        for size, place, count in self.blocks:
            file.seek(place)
            yield Block(size, _exactly(file, count))


def read_contents(file: BinaryIO, name: str) -> Contents:
    """Read and compare a file that can be sought in.

    Raises TextError if charlm did not write it, or not this version, IntegrityError if it is not what was written.
    """
    start = file.read(len(MARK) + 1)
    if start[: len(MARK)] != MARK:
        raise TextError("This is no file that charlm compressed", name, "Give one that `charlm compress` wrote.")
    if start[len(MARK) :] != bytes([VERSION]):
        if len(start) == len(MARK):
            raise _damaged(name, "it ends within its first bytes")
        what = f"This file has a form that this charlm does not know: {start[-1]}"
        raise TextError(what, name, "Use the version of charlm that wrote it, or a newer one.")
    size = _check_sum(file, name)
    file.seek(0)
    try:
        return _parse(file, size - 4)
    except (ValueError, EOFError) as error:
        raise _damaged(name, str(error)) from None


def _check_sum(file: BinaryIO, name: str) -> int:
    """The size of the file, if its last four bytes are the CRC of the others."""
    size = file.seek(0, 2)
    if size < _HEAD.size + 4:
        raise _damaged(name, f"it has {size:,} bytes, and the shortest has more")
    file.seek(0)
    crc, left = 0, size - 4
    while left:
        content = _exactly(file, min(left, _CHUNK))
        crc, left = zlib.crc32(content, crc), left - len(content)
    if struct.pack("<I", crc) != _exactly(file, 4):
        raise _damaged(name, f"its {size:,} bytes are not those that were written")
    return size


def _parse(file: BinaryIO, end: int) -> Contents:
    head = _parse_head(file)
    blocks, last = [], 0
    while not last:
        size, last = divmod(_read_number(file), 2)
        words = _read_number(file)
        if size > BLOCK or words > MOST_WORDS or (not size and (words or not last)):
            raise ValueError("one of its blocks has an impossible size")
        place = file.tell()
        if place + 4 * words > end:
            raise ValueError("one of its blocks goes beyond its end")
        if size:
            blocks.append((size, place, 4 * words))
        file.seek(4 * words, 1)
    length, checksum = _read_number(file), _exactly(file, CHECKSUM)
    if file.tell() != end:
        raise ValueError("it does not end where its blocks do")
    return Contents(head, end + 4, length, checksum, blocks)


def _parse_head(file: BinaryIO) -> Head:
    _, _, engine, layout, learned, model, first = _HEAD.unpack(_exactly(file, _HEAD.size))
    if learned >= 2 * FROM_NOTHING:
        raise ValueError("it says that something was learned that is not known")
    rate = _RATE.unpack(_exactly(file, _RATE.size))[0] if learned & ADAPTED else None
    counted = _exactly(file, CHECKSUM) if learned & COUNTED else None
    learning = Learning(rate, bool(learned & MIXED), counted)
    beginning = Beginning.read(lambda: _read_number(file)) if learned & FROM_NOTHING else None
    row_power = layout & (WINDOWS - 1)
    if row_power > LONGEST_ROW or (learning and not beginning and row_power != ONE_ROW):
        raise ValueError("its rows have an impossible length")
    return Head(engine, bool(layout & WINDOWS), row_power, model, first, learning, beginning)


def _exactly(file: BinaryIO, count: int) -> bytes:
    content = file.read(count)
    if len(content) != count:
        raise EOFError("it ends too early")
    return content


def packed_number(value: int) -> bytes:
    """A number as the file has it; see above."""
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    content.append(value)
    return bytes(content)


def _read_number(file: BinaryIO) -> int:
    value = shift = 0
    while shift < 63:
        (byte,) = _exactly(file, 1)
        value |= (byte & 127) << shift
        if byte < 128:
            return value
        shift += 7
    raise ValueError("a number in it is too large")


def _damaged(name: str, why: str) -> IntegrityError:
    return IntegrityError(DAMAGED, f"{name}: {why}", REMEDY)
