"""Every place where a text is not what its encoding says, and which encoding would read it. Knows no ids.

Training stops at the first such place; here they are all found, up to a limit, so that a file is mended once.
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

MOST_FAULTS = 1000  # looked for in one file
SHOWN_BYTES = 8  # of a fault
AROUND = 24  # bytes before and after the first fault, by which a person judges an encoding
FEW_HIGH = 0.25  # share of bytes above 0x7f up to which an alphabet is Latin with accents
RESUMABLE = ("utf-8", "ascii", "cp", "iso8859", "latin", "mac", "koi8")  # no state is carried beyond a fault
MANY_BYTE = ("gb18030", "shift_jis", "euc_jp", "euc_kr", "big5")
EIGHT_BIT = ("cp1251", "koi8-r", "cp1253", "cp1255", "cp1256")


@dataclass(frozen=True)
class Fault:
    """Bytes that are not valid, by their offset in the (unpacked) file."""

    offset: int
    bytes: bytes

    def __str__(self) -> str:
        return f"byte {self.offset:,}: {self.bytes.hex(' ')}"


@dataclass(frozen=True)
class Faulty:
    """What is wrong with one file: its faults, whether there are more, and what would read it: name -> how it looks."""

    label: str
    faults: tuple[Fault, ...]
    more: bool
    readings: dict[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """The same as values that JSON can hold."""
        return {
            "file": self.label,
            "faults": [{"offset": fault.offset, "bytes": fault.bytes.hex()} for fault in self.faults],
            "more": self.more,
            "would_read": self.readings,
        }


def examine(piece: SourceFile, encoding: str) -> Faulty | None:
    """The faults of a file, None where it has none. TextError where it cannot be read at all."""
    found = list(islice(_faults(piece, find_codec(encoding)), MOST_FAULTS + 1))
    if not found:
        return None
    more = len(found) > MOST_FAULTS
    return Faulty(piece.label, tuple(found[:MOST_FAULTS]), more, _readings(piece, found[0].offset))


def _faults(piece: SourceFile, info: codecs.CodecInfo) -> Iterator[Fault]:
    """Invalid bytes in order; of an encoding that carries a state, the first ones only. A NUL is a fault as well."""
    decoder: Any = info.incrementaldecoder("strict")
    wide = info.name.startswith(("utf-16", "utf-32"))
    offset = 0  # of the first byte that the decoder has not seen
    blocks = piece.blocks()
    block = next(blocks, b"")
    while block:
        following = next(blocks, b"")
        while block or not following:
            start = offset - len(decoder.getstate()[0])  # the decoder holds back the beginning of a character
            try:
                text = decoder.decode(block, final=not following)
            except UnicodeError as error:
                # UTF-16 and UTF-32 raise one that knows no place where the mark is missing
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
    """The encodings that read the whole file and have a reason: a mark, NULs, or the kind of its high bytes."""
    head = next(piece.blocks(), b"")[:HEAD]
    if any(b"\0" in block for block in piece.blocks()):
        candidates = _wide(head)
    else:
        candidates = _narrow(piece)
    return {name: _around(piece, first, name) for name in candidates if _reads(piece, name)}


def _wide(head: bytes) -> list[str]:
    marked = [name for mark, name in MARKS if head.startswith(mark)]
    if marked:
        return marked[:1]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) or min(even, odd) * 4 > max(even, odd):
        return []
    return ["utf-16-le" if odd > even else "utf-16-be"]


def _narrow(piece: SourceFile) -> list[str]:
    """Guesses for a text without NULs. None where most of it is UTF-8 already: then it is damaged, not another."""
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


def _reads(piece: SourceFile, encoding: str) -> bool:
    decoder: Any = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for block in piece.blocks():
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _around(piece: SourceFile, offset: int, encoding: str) -> str:
    """What stands about a fault, read so. A character cut at either end is left out."""
    start = max(0, offset - AROUND) // 4 * 4  # on a boundary of wide characters
    passed, kept = 0, b""
    for block in piece.blocks():
        kept += block[max(0, start - passed) : max(0, offset + AROUND - passed)]
        passed += len(block)
        if passed >= offset + AROUND:
            break
    text = kept.decode(encoding, "ignore")
    return " ".join(text.split())


def unreadable(pieces: list[SourceFile], encoding: str) -> list[Faulty | TextError]:
    """What is wrong with each file, in order; those that are fine are left out."""
    found: list[Faulty | TextError] = []
    for piece in pieces:
        try:
            faulty = examine(piece, encoding)
        except TextError as error:
            found.append(error)
        else:
            found += [faulty] if faulty else []
    return found
