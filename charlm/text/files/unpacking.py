"""Reads the bytes of .gz, .bz2, .xz and .zst files, known by their first bytes. Knows no names and no text."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import sys
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

BUFFER = 1 << 16  # packed bytes read at a time
LARGEST_DICTIONARY = 1 << 27  # bytes of memory that a .xz or a .zst may ask for; `xz -9` needs 65 MB
MAGIC = {
    ".gz": re.compile(rb"\x1f\x8b\x08"),
    ".bz2": re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"),  # the second one of an empty file
    ".xz": re.compile(rb"\xfd7zXZ\0"),
    ".zst": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),  # the second one is a frame to skip, as of pzstd
}
DAMAGE = (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, OSError)


def packing_of(head: bytes) -> str | None:
    """`.gz`, `.bz2`, `.xz` or `.zst` for the first bytes of such a file; None for any other."""
    return next((form for form, magic in MAGIC.items() if magic.match(head)), None)


def unpacked(packed: BinaryIO, packing: str) -> io.BufferedIOBase:
    """A stream of the unpacked bytes of `packed`, which stays open. It raises one of DAMAGE if the file is damaged."""
    if packing == ".gz":
        return gzip.GzipFile(fileobj=packed)
    return io.BufferedReader(_Parts(packed, _decompressor(packing)), BUFFER)


def _decompressor(packing: str) -> Callable[[], Any]:
    if packing == ".bz2":
        return bz2.BZ2Decompressor
    if packing == ".zst":
        return _Zstandard
    return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LARGEST_DICTIONARY)


class _Zstandard:
    """A frame of zstd, whose errors are an OSError. Python has had the library since 3.14; before, a backport of it."""

    def __init__(self) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        most = {int(zstd.DecompressionParameter.window_log_max): LARGEST_DICTIONARY.bit_length() - 1}
        self._frame, self._error = zstd.ZstdDecompressor(options=most), zstd.ZstdError

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most so many of the bytes that come next."""
        try:
            return bytes(self._frame.decompress(data, max_length))
        except self._error as error:
            raise OSError(str(error)) from None

    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""
        return bool(self._frame.eof)

    @property
    def needs_input(self) -> bool:
        """Whether nothing comes without more data."""
        return bool(self._frame.needs_input)

    @property
    def unused_data(self) -> bytes:
        """What was given after the end of the frame."""
        return bytes(self._frame.unused_data)


class _Parts(io.RawIOBase):
    """The parts of a .bz2, .xz or .zst, one after another. lzma's own reader has no limit on memory."""

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
