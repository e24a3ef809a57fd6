"""All bytes of a file that are not valid in its encoding, and the encodings that could read the file. Knows no ids.

Training stops at the first such byte. Here all of them are found, up to a limit, so that a file is repaired once.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from charlm.errors import TextError
from charlm.text.reading import MARKS, find_codec
from charlm.text.sources import HEAD, SourceFile

MOST_FAULTS = 1000  # that are collected in one file
SHOWN_BYTES = 8  # of a fault
AROUND = 24  # bytes shown before and after the first fault, for a person to judge an encoding by
FEW_HIGH = 0.25  # share of bytes above 0x7f up to which an alphabet is Latin with accents
# Decoders without a state, which can continue after a fault:
RESUMABLE = ("utf-8", "ascii", "cp", "iso8859", "latin", "mac", "koi8")
MANY_BYTE = ("gb18030", "shift_jis", "euc_jp", "euc_kr", "big5")
EIGHT_BIT = ("cp1251", "koi8-r", "cp1253", "cp1255", "cp1256")


@dataclass(frozen=True)
class Fault:
    """Bytes that are not valid, and their offset in the (unpacked) file."""

    offset: int
    bytes: bytes

    def __str__(self) -> str:
        return f"byte {self.offset:,}: {self.bytes.hex(' ')}"


@dataclass(frozen=True)
class FaultyFile:
    """The faults of one file, whether there are more, and the encodings that can read it, each with what it reads."""

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
    return FaultyFile(piece.label, tuple(found[:MOST_FAULTS]), more, _readings(piece, found[0].offset))


def _faults(piece: SourceFile, info: codecs.CodecInfo) -> Iterator[Fault]:
    """Invalid bytes and NULs, in order. In an encoding that keeps a state, only the first."""
    decoder: Any = info.incrementaldecoder("strict")
    wide = info.name.startswith(("utf-16", "utf-32"))
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


def _readings(piece: SourceFile, first: int) -> dict[str, str]:
    """The encodings that can read the whole file, among those that its mark, its NULs or its high bytes suggest."""
    head = next(piece.blocks(), b"")[:HEAD]
    if any(b"\0" in block for block in piece.blocks()):
        candidates = _wide_encodings(head)
    else:
        candidates = _narrow_encodings(piece)
    return {name: _excerpt(piece, first, name) for name in candidates if _can_read(name, piece)}


def _wide_encodings(head: bytes) -> list[str]:
    """Guesses for a text with NULs: by its byte order mark, else by where the NULs are."""
    marked = [name for mark, name in MARKS if head.startswith(mark)]
    if marked:
        return marked[:1]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) or min(even, odd) * 4 > max(even, odd):
        return []
    return ["utf-16-le" if odd > even else "utf-16-be"]


def _narrow_encodings(piece: SourceFile) -> list[str]:
    """Guesses for a text without NULs. There are none if most of it is valid UTF-8, since then it is damaged UTF-8."""
    high = low = controls = total = whole = 0
    for block in piece.blocks():
        total += len(block)
        low += sum(map(block.count, b" \n"))
        ones = block.translate(None, bytes(range(0x80)))
        high += len(ones)
        controls += len(ones) - len(ones.translate(None, bytes(range(0x80, 0xA0))))
        whole += len(block.decode("utf-8", "ignore").encode()) - (len(block) - len(ones))
    if whole > high // 2:
        return []
    if high <= FEW_HIGH * (total - low):
        return ["cp1252"] if controls else ["latin-1"]
    return [*MANY_BYTE, *EIGHT_BIT]


def _can_read(encoding: str, piece: SourceFile) -> bool:
    decoder: Any = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for block in piece.blocks():
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _excerpt(piece: SourceFile, offset: int, encoding: str) -> str:
    """The text around an offset, in that encoding. A character that is cut at either end is left out."""
    start = max(0, offset - AROUND) // 4 * 4  # on a boundary of wide characters
    passed, kept = 0, b""
    for block in piece.blocks():
        kept += block[max(0, start - passed) : max(0, offset + AROUND - passed)]
        passed += len(block)
        if passed >= offset + AROUND:
            break
    text = kept.decode(encoding, "ignore")
    return " ".join(text.split())


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
