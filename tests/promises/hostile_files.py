"""Hostile files by name: files that are not texts, and unusual texts."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import zipfile
from functools import cache
from pathlib import Path

BLOCK = 1 << 16  # bytes that these files are to be read in at a time
SYMBOLS = "".join(chr(code) for code in range(0x100, 0x100 + 72_050) if not 0xD800 <= code < 0xE000)
EDGE = b"a" * (BLOCK - 1)  # text after it starts at the last byte of a block
BYTES = {
    "empty": b"",
    "one byte": b"a",
    "one symbol": b"a" * 100,
    "one wide character": "日".encode(),
    "two characters": b"ab",
    "a NUL": b"abc\0def",
    "a NUL at the beginning": b"\0abc",
    "a NUL at the end": b"abc\0",
    "only NULs": bytes(5000),
    "a NUL in the second block": EDGE + b"a\0",
    "an invalid first byte": b"\xffabc",
    "an invalid last byte": b"abc\xff",
    "an invalid byte between": b"abc\xfedef",
    "an invalid byte at the end of a block": EDGE + b"\xffabc",
    "an invalid byte at the start of a block": EDGE + b"a\xffabc",
    "a character across two blocks": EDGE + "é".encode() + b"abc",
    "a character of four bytes across two blocks": EDGE + "🎻".encode() + b"abc",
    "a cut character at the end of a block": EDGE + b"\xc3",
    "a cut character across two blocks": EDGE + b"\xf0\x9f",
    "a cut character": "日本".encode()[:-1],
    "a lone continuation": b"\x80abc",
    "an overlong NUL": b"ab\xc0\x80",
    "an overlong slash": b"ab\xe0\x80\xaf",
    "an encoded surrogate": b"ab\xed\xa0\x80",
    "an encoded surrogate pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond Unicode": b"ab\xf4\x90\x80\x80",
    "five-byte form": b"ab\xf8\x88\x80\x80\x80",
    "only a mark": codecs.BOM_UTF8,
    "a mark": codecs.BOM_UTF8 + b"abc",
    "two marks": codecs.BOM_UTF8 * 2 + b"abc",
    "half a mark": codecs.BOM_UTF8[:2],
    "a mark between": b"ab" + codecs.BOM_UTF8 + b"cd",
    "UTF-16 LE with mark": codecs.BOM_UTF16_LE + "plain".encode("utf-16-le"),
    "UTF-16 BE with mark": codecs.BOM_UTF16_BE + "plain".encode("utf-16-be"),
    "UTF-16 LE without mark": "plain text".encode("utf-16-le"),
    "UTF-16 BE without mark": "plain text".encode("utf-16-be"),
    "UTF-16 of odd length": "plain".encode("utf-16")[:-1],
    "UTF-32": "plain".encode("utf-32"),
    "UTF-32 without mark": "plain".encode("utf-32-be"),
    "latin-1": "café au lait".encode("latin-1"),
    "cp1252 quotes": b"\x93so\x94 said",
    "Shift-JIS": "日本語の本".encode("shift_jis"),
    "EBCDIC": "plain text".encode("cp500"),
    "only CR": b"\r\r\r",
    "CRLF": b"a\r\nb\r\n",
    "mixed line ends": b"a\rb\nc\r\nd\n\r",
    "CRLF across two blocks": EDGE + b"\r\nabc",
    "CR at the end of the last block": EDGE + b"\r",
    "only newlines": b"\n" * 1000,
    "controls": bytes(range(1, 32)),
    "escape sequences": b"\x1b[31mred\x1b]0;title\x07\x9b",
    "noncharacters": "\ufffe\uffff\U0010ffff\ufdd0".encode(),
    "a long line": b"word " * 1_000_000,
    "a long line that is not ASCII": "naïve ".encode() * 700_000,
    "70,000 symbols": SYMBOLS.encode(),
    "every byte": bytes(range(256)) * 20,
    "a PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "an ELF": b"\x7fELF\x02\x01\x01\0",
    "gzip under another name": gzip.compress(b"text"),
}


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


@cache
def packed() -> dict[str, bytes]:
    """Contents of files whose names end in .gz."""
    return {
        "no gzip": b"plain",
        "an empty gz": b"",
        "a cut gz": gzip.compress(b"plain text " * 1000)[:-9],
        "a gz with another checksum": gzip.compress(b"plain")[:-8] + bytes(8),
        "a gz with rubbish after it": gzip.compress(b"plain text") + b"rubbish",
        "two gz in one": gzip.compress(b"one ") + gzip.compress(b"two"),
        "a gz of nothing": gzip.compress(b""),
        "a gz of a gz": gzip.compress(gzip.compress(b"plain")),
        "a bz2 cut short": bz2.compress(b"plain text " * 1000)[:-9],
        "an xz cut short": lzma.compress(b"plain text " * 1000)[:-9],
        "an xz bomb": lzma.compress(bytes(2**26)),
        "a zip of nothing": zipped({}),
        "a zip cut short": zipped({"a.txt": b"plain text"})[:-20],
        "a zip bomb": zipped({f"{number}.txt": b" " * 2**24 for number in range(4)}),
        "a zip of a zip": zipped({"a.zip": zipped({"a.txt": b"plain"})}),
        "a zip that climbs": zipped({"../../a.txt": b"plain", "/etc/a.txt": b"plain"}),
        "a zip of thousands": zipped({f"{number}.txt": b"plain" for number in range(2000)}),
        "a tar of rubbish": b"\0" * 100 + b"ustar".rjust(162, b"a") + b"x" * 2000,
        "a bomb": b"".join([gzip.compress(bytes(2**24), 9)] * 4),  # 67 MB out of 65 KB
    }


def special(folder: Path) -> dict[str, Path]:
    """Paths that are not regular files."""
    (folder / "empty folder").mkdir()
    (folder / "folder").mkdir()
    (folder / "folder" / "loop").symlink_to(folder / "folder", target_is_directory=True)
    (folder / "folder" / "zero").symlink_to("/dev/zero")
    os.mkfifo(folder / "folder" / "fifo")
    os.mkfifo(folder / "fifo")
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "gone").symlink_to(folder / "nowhere")
    (folder / "zero link").symlink_to("/dev/zero")
    (folder / "plain").write_bytes(b"plain")
    return {
        "an empty folder": folder / "empty folder",
        "a folder of devices and loops": folder / "folder",
        "a FIFO": folder / "fifo",
        "a link to itself": folder / "circle",
        "a link to nothing": folder / "gone",
        "a link to a device": folder / "zero link",
        "a device": Path("/dev/zero"),
        "a file as a folder": folder / "plain" / "inside",
        "a name too long": folder / ("x" * 5000),
        "a missing file": folder / "\x1b[2J missing",
    }
