"""Reads the bytes of .gz, .bz2 and .xz files, known by their first bytes. Knows no names and no text."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

BUFFER = 1 << 16  # packed bytes read at a time
LARGEST_DICTIONARY = 1 << 27  # bytes of memory that a .xz may ask for; `xz -9` needs 65 MB
MAGIC = {
    ".gz": re.compile(rb"\x1f\x8b\x08"),
    ".bz2": re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"),  # the second one of an empty file
    ".xz": re.compile(rb"\xfd7zXZ\0"),
}
DAMAGE = (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, OSError)


def packing_of(head: bytes) -> str | None:
    """`.gz`, `.bz2` or `.xz` for the first bytes of such a file; None for any other."""
    return next((form for form, magic in MAGIC.items() if magic.match(head)), None)


def unpacked(packed: BinaryIO, packing: str) -> io.BufferedIOBase:
    """A stream of the unpacked bytes of `packed`, which stays open. It raises one of DAMAGE if the file is damaged."""
    if packing == ".gz":
        return gzip.GzipFile(fileobj=packed)
    return io.BufferedReader(_Parts(packed, _decompressor(packing)), BUFFER)


def _decompressor(packing: str) -> Callable[[], Any]:
    if packing == ".bz2":
        return bz2.BZ2Decompressor
    return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LARGEST_DICTIONARY)


class _Parts(io.RawIOBase):
    """The parts of a .bz2 or .xz, one after another. lzma's own reader has no limit on memory."""

    def __init__(self, packed: BinaryIO, decompressor: Callable[[], Any]) -> None:
        self._packed, self._new, self._part = packed, decompressor, decompressor()

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        data = b""
        while not data:
            given = b""
            if self._part.eof:
                given = (self._part.unused_data or self._packed.read(BUFFER)).lstrip(b"\0")  # .xz may have padding
                if not given:
                    return 0
                self._part = self._new()
            elif self._part.needs_input:
                given = self._packed.read(BUFFER)
                if not given:
                    raise EOFError("its end is missing")
            data = self._part.decompress(given, len(target))
        target[: len(data)] = data
        return len(data)
