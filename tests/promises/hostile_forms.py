"""Hostile tables, JSON lines, sequences, lists and archives by name, and mutations of good ones.

Each is a file name, its bytes, and the settings with which it is read. `many` is their size.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hostile_files import zipped

OWL = "🦉".encode()

Attack = tuple[str, bytes, dict[str, Any]]


def _table(data: bytes, column: Any = 2, **more: Any) -> Attack:
    return "t.csv", data, {"column": column, **more}


def _tabs(data: bytes, column: Any = 2, **more: Any) -> Attack:
    return "t.tsv", data, {"column": column, **more}


def _json(data: bytes, field: str = "a", **more: Any) -> Attack:
    return "t.jsonl", data, {"field": field, **more}


def _fasta(data: bytes) -> Attack:
    return "t.fa", data, {"format": "fasta"}


def _list(data: bytes, separator: str = "%") -> Attack:
    return "t.txt", data, {"separator": separator}


def tables(many: int) -> dict[str, Attack]:
    """Tables of about `many` cells, rows or characters."""
    return {
        "very many columns": _table(b"\n".join([b",".join([b"ab"] * (many // 10))] * 3)),
        "many columns in 50 rows": _table(b"\n".join([b",".join([b"ab"] * (many // 100))] * 50)),
        "many names, none the one": _table(b",".join(b"name%d" % at for at in range(many // 100)) + b"\nx\n", "owl"),
        "empty cells": _table(b"," * (4 * many - 2) + b"\n"),
        "columns in lines of one row": _table(b'"\n",' * many + b"\n"),
        "a long cell": _table(b'a,b\n1,"' + b"word " * (many // 2) + b'"\n'),
        "a long cell with an owl": _table(b'a,b\n1,"' + b"word " * (many // 2) + OWL + b'"\n'),
        "a cell that is too long": _table(b'a,b\n1,"' + b"word\n" * many + b'"\n'),
        "a line that is too long": _table(b"a,b\n1," + b"word " * many + b"\n"),
        "a quote that is not closed": _table(b'a,b\n1,"two\n' + b"3,4\n" * 1000),
        "a quote that is not closed in the last byte": _table(b'a,b\n1,2\n3,"'),
        "a quote in the middle of a cell": _table(b'a,b\n1,x"y\n3,"p"q"\n'),
        "only quotes": _table(b'"' * (many // 20 * 2 + 1)),
        "quotes and backslashes": _table(b'a,b\n1,"\\"\\\\"\\"x"\n2,"\\"\n' * 20),
        "a byte of zero in a cell": _table(b"a,b\n1,\0\n" * 100),
        "only delimiters": _table(b",;\t|" * 1000),
        "only line ends": _table(b"\n" * (many // 10)),
        "only CR": _table(b"a,b\r1,2\r" * 1000),
        "a mark, then a quote": _table(b"\xef\xbb\xbf" + b'"a","b"\n"1","2"\n'),
        "a long name of a column": _table(b"n" * many + b",b\n1,2\n3,4\n"),
        "names with escapes": _table(b"\x1b[2J,\xe2\x80\xae\n1,2\n3,4\n", "\x1b[2J"),
        "a long label": _table(b"a,b\nx," + b"l" * many + b"\ny,z\n", 1, label=2),
        "many labels": _table(b"".join(b"x%d,y\n" % at for at in range(many // 50)), 2, label=1),
        "a row of one cell": _table(b"a,b\n1\n2\n3\n"),
        "many rows": _table(b"1,2\n" * many),
        "rows that differ": _tabs(b"".join(b"a\t" * (at % 7) + b"b\n" for at in range(3000)), 5),
        "tabs without an end": _tabs(b"\t" * (4 * many - 1)),
        "tabs and quotes": _tabs(b'"\t""\t"""\n' * 1000),
    }


def lines(many: int) -> dict[str, Attack]:
    """JSON lines of about `many` values or characters."""
    return {
        "a line of empty objects": _json(b'{"a": "x", "b": [' + b"{}," * many + b"{}]}\n"),
        "a line of numbers": _json(b'{"a": "x", "b": [' + b"0.1," * (many // 2) + b"1]}\n"),
        "a line of short texts": _json(b'{"a": "x", "b": [' + b'"",' * many + b'""]}\n'),
        "a line of many keys": _json(b"{" + b",".join(b'"k%d":1' % at for at in range(many // 8)) + b', "a": "x"}\n'),
        "many keys, none the one": _json(b"{" + b",".join(b'"k%d":1' % at for at in range(many // 12)) + b"}\n"),
        "quotes and backslashes without an end": _json(b'{"a": "' + b'\\"' * many),
        "a long text with an owl": _json(b'{"a": "' + b"word " * (many // 2) + OWL + b'"}\n'),
        "100,000 levels": _json(b'{"a":' * (many // 10) + b"1" + b"}" * (many // 10) + b"\n"),
        "900 levels": _json((b'{"a":' * 900 + b"1" + b"}" * 900 + b"\n") * 20, "b"),
        "many brackets": _json(b"[" * many),
        "a long number": _json(b'{"a": ' + b"1" * many + b"}\n"),
        "numbers that are none": _json(b'{"a": 1e999}\n{"a": NaN}\n{"a": -Infinity}\n' * 10),
        "half of a character": _json(b'{"a": "x\\ud83ey"}\n' * 10),
        "half of a character in a key": _json(b'{"\\ud83e": "x"}\n' * 10),
        "a zero that is escaped": _json(b'{"a": "x\\u0000y"}\n' * 10),
        "the same key twice": _json(b'{"a": "x", "a": ["y"]}\n' * 10),
        "a long key": _json(b'{"' + b"k" * many + b'": "x"}\n'),
        "a label that is an object": _json(b'{"a": "x", "b": {}}\n', label="b"),
        "a path into a text": _json(b'{"a": "x"}\n', "a.0.b.c"),
        "a path of a hundred parts": _json(b'{"a": "x"}\n', ".".join("a" * 100)),
        "no objects": _json(b'"x"\nnull\n3\n[]\n'),
        "an array": _json(json.dumps([{"a": "x"}] * 100).encode()),
        "a cut object": _json(b'{"a": "x"}\n{"a": "y'),
        "many lines that lack the field": _json(b'{"b": "x"}\n' * (many // 50)),
    }


def sequences(many: int) -> dict[str, Attack]:
    """FASTA and lists of about `many` lines or characters."""
    return {
        "lines of two letters": _fasta(b">a\n" + b"AC\n" * many),
        "lines of one letter": _fasta(b">a\n" + b"A\n" * many),
        "a long line of letters": _fasta(b">a\n" + b"ACG" * many),
        "a long header": _fasta(b">" + b"a" * (3 * many) + b"\nACGT\n"),
        "only headers": _fasta(b">a\n" * (many // 10)),
        "no header": _fasta(b"ACGT\n" * 1000),
        "only white space after a header": _fasta(b">a\n" + b" \t\n" * 1000),
        "a comment, and nothing else": _fasta(b";a\n;b\n"),
        "a rare separator": _list(b"word " * (2 * many) + b"%%%" + b"word", "%%%"),
        "a rare separator among owls": _list((b"word" * (many // 5) + OWL) * 4 + b"%%%x", "%%%"),
        "a separator always": _list(b"%" * (2 * many), "%"),
        "lines of separators": _list(b"%\n" * many, "%"),
        "empty lines after lines of two letters": _list(b"ab\n" * many + b"\nx\n", "empty-line"),
        "a file as a record": _list(b"word\n" * many, "file"),
        "a file of owls as a record": _list((b"word\n" * (many // 5) + OWL) * 4, "file"),
        "a file of white space as a record": _list(b" \n" * many, "file"),
        "ends of records in the text": _list(b"a\x1eb%\x1e%" * 1000, "%"),
        "a separator with escapes": _list(b"a\x1b[2Jb" * 10, "\x1b[2J"),
        "a text that grows when it is normalized": ("t.txt", "\ufdfa".encode() * many, {"normalize": ("nfkc",)}),
        "marks upon marks": ("t.txt", b"e" + "\u0301".encode() * many, {"normalize": ("nfc",)}),
        "a separator longer than the text": _list(b"abc", "abc" * 15),
    }


def tarred(members: Mapping[str, bytes], change: Callable[[tarfile.TarInfo], None] = lambda info: None) -> bytes:
    """A tar of these members, each of whose headers may be changed."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            change(info)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def _link(info: tarfile.TarInfo) -> None:
    info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0


def _zip_link() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.txt", "plain text")
    return packed.getvalue()


def _overlapping(many: int) -> bytes:
    """A zip whose list has one member two thousand times under other names (Fifield 2019)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0", b"a" * many)
        (first,) = archive.filelist
        archive.filelist += [first] * 2000
    return packed.getvalue()


CLIMBING = dict.fromkeys(("../../up.txt", "/tmp/absolute.txt", "..\\up.txt", "C:\\up.txt", "a/../../up.txt"), b"text\n")


def _many_in_a_tar(members: int) -> bytes:
    return tarred({str(number): b"a" for number in range(members)})


def packed(many: int) -> dict[str, Attack]:
    """Archives and packed files of about `many` bytes; a bomb has 48 times as many."""
    return {
        "a zip that climbs": ("a.zip", zipped(CLIMBING), {}),
        "a tar that climbs": ("a.tar", tarred(CLIMBING), {}),
        "a zip with a link": ("a.zip", _zip_link(), {}),
        "a tar with links": ("a.tar", tarred({"link.txt": b"", "b.txt": b""}, _link), {}),
        "names that drive a terminal": ("a.zip", zipped({"\x1b[2J\u202e.txt": b"plain", "a\nb": b"x"}), {}),
        "a long name of a member": ("a.zip", zipped({"n" * min(many, 60_000): b"plain text"}), {}),
        "a tar with a long name": ("a.tar", tarred({"n" * (2 * many): b"plain text"}), {}),
        "overlapping members": ("a.zip", _overlapping(many), {}),
        "many members": ("a.zip", zipped({str(at): b"ab" for at in range(many // 34)}), {}),
        "many members in a packed tar": (
            "a.tgz",
            gzip.compress(tarred(dict.fromkeys(map(str, range(many // 34)), b"a"))),
            {},
        ),
        "a zip of a zip of a zip": ("a.zip", zipped({"b.zip": zipped({"c.zip": zipped({"d": b"plain"})})}), {}),
        "a tar in a zip in a gz": ("a.gz", gzip.compress(zipped({"b.tar": tarred({"c": b"plain"})})), {}),
        "a gz of a bz2 of an xz": ("a.gz", gzip.compress(bz2.compress(lzma.compress(b"plain"))), {}),
        "a bomb in bz2": ("a.bz2", bz2.compress(bytes(48 * many)), {"unit": "byte"}),
        "a bomb in xz": ("a.xz", lzma.compress(b"ab" * (24 * many)), {}),
        "a bomb in a packed tar": ("a.tar.gz", gzip.compress(tarred({"a": b"a" * (48 * many)})), {}),
        "a bomb of many members": ("a.zip", zipped({str(at): b"a" * many for at in range(48)}), {}),
        "empty parts": ("a.gz", gzip.compress(b"") * (many // 50) + gzip.compress(b"plain text"), {}),
        "empty parts of xz": ("a.xz", lzma.compress(b"") * (many // 50) + lzma.compress(b"plain text"), {}),
        "padding": ("a.xz", lzma.compress(b"plain ") + bytes(many) + lzma.compress(b"text"), {}),
        "a zip with a long comment": ("a.zip", zipped({"a": b"plain"})[:-2] + b"\xff\xff" + b"c" * 65_535, {}),
        "a zip after a program": ("a.zip", b"#!/bin/sh\n" * 1000 + zipped({"a": b"plain text"}), {}),
        "a table in a zip": ("a.zip", zipped({"t.csv": b'a,b\n1,"two'}), {"column": 2}),
        "lines of JSON in a tar": ("a.tar", tarred({"t.jsonl": b'{"a": "x"}\n{'}), {"field": "a"}),
    }


def attacks(many: int) -> dict[str, Attack]:
    """All of them by name."""
    return tables(many) | lines(many) | sequences(many) | packed(many)


CSV = 'name,kind,"a note, quoted"\nowl,bird,"grey ""and"" old"\nmouse,beast,"two\nlines"\nfern,plant,green\n' * 3
GOOD: dict[str, Attack] = {
    "csv": _table(CSV.encode(), 3, label=2),
    "tsv": _tabs(CSV.replace(",", "\t").replace('"', "").encode(), 1),
    "jsonl": _json(b'{"a": "x y", "b": {"c": ["d", 2.5, null]}}\n{"a": "\\u00e9", "b": {"c": ["e"]}}\n' * 3, "b.c.0"),
    "fasta": _fasta(b">one\nACDE\nFG\n\n>two\nHIK\n;three\nLMN\n" * 3),
    "list": _list(b"one\n%\ntwo\nlines\n%\n\xc3\xa9 and so on\n%\n" * 3),
    "zip": ("a.zip", zipped({"a.txt": b"one text " * 9, "b/c.txt": b"another " * 9}), {}),
    "tar": ("a.tar", tarred({"a.txt": b"one text " * 9, "b/c.txt": b"another " * 9}), {}),
    "gz": ("a.gz", gzip.compress(b"one text " * 40), {}),
    "bz2": ("a.bz2", bz2.compress(b"one text " * 40), {}),
    "xz": ("a.xz", lzma.compress(b"one text " * 40), {}),
    "tar.gz": ("a.tgz", tarred({"a.txt": b"one text " * 9}), {}),  # packed when it is changed
}
TOKENS = (
    b'"', b'""', b"\\", b'\\"', b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"{",
    b"}", b"[", b"]",
    b":", b">", b"%", b"\x1e", b"\x1f", b"\\ud800", b"\xc3", b"-1", b"1e999", b"PK\3\4", b"../", b"\x1b[2J",
)  # fmt: skip


def mutations(kind: str, count: int, seed: int = 0) -> Iterator[Attack]:
    """`count` files like the good one of this kind: bytes changed, cut, doubled, moved, and tokens put in."""
    name, good, settings = GOOD[kind]
    stream = random.Random(f"{kind} {seed}")
    for _ in range(count):
        data = bytearray(good)
        for _ in range(stream.choice((1, 1, 2, 3, 8))):
            at = stream.randrange(len(data) + 1)
            end = min(len(data), at + stream.choice((1, 2, 4, 16, 64)))
            way = stream.randrange(6)
            if way == 0 and at < len(data):
                data[at] = stream.randrange(256)
            elif way == 1:
                del data[at:end]
            elif way == 2:
                data[at:at] = data[at:end] * stream.choice((1, 3, 50))
            elif way == 3:
                data[at:at] = stream.choice(TOKENS) * stream.choice((1, 1, 1, 2, 300))
            elif way == 4:
                del data[at:]
            else:
                data[at:end] = stream.randbytes(end - at)
            if len(data) < 2:
                data = bytearray(good)
        yield name, gzip.compress(data, 1) if kind == "tar.gz" else bytes(data), settings
