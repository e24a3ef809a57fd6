"""Guesses the encoding of a file that names none. The only such guess: training, doctor and `auto` all take it.

A byte-order mark decides, then UTF-8 if all bytes are valid, then NUL bytes, which only UTF-16 and UTF-32 have. The
rest is a matter of statistics, for which chardet knows the languages. A guess reads the whole file. Knows no ids.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from charlm.errors import UsageError
from charlm.text.decoding.encodings import find_codec
from charlm.text.decoding.mojibake import misread_as
from charlm.text.files.marks import encoding_of_mark, is_plain, wide_encodings
from charlm.text.files.source_file import HEAD, SourceFile

SAMPLE = 1 << 16  # bytes that a guess is made from
STRETCH = 1 << 9  # bytes taken at each place with bytes above ASCII
AROUND = 40  # characters of an excerpt
MOST_CANDIDATES = 24
DAMAGED = 0.02  # share of the bytes above ASCII that are no UTF-8, up to which a text is damaged UTF-8
ESCAPES = (b"\x1b$", b"\x1b(", b"~{")  # of Japanese, Korean and Chinese in seven bits
ONLY_IN_LATIN_9 = frozenset("¤¦¨´¸¼½¾".encode("latin-1"))  # bytes that latin-1 and latin-9 read differently
# Encodings to try in place of the one that chardet names: first those that have its characters and more.
SUPERSETS = {
    "iso8859-1": ("cp1252", "iso8859-1"),
    "iso8859-15": ("cp1252", "iso8859-15"),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "euc_kr": ("euc_kr", "cp949"),
    "shift_jis": ("shift_jis", "cp932"),
    "cp932": ("shift_jis", "cp932"),
    "cp949": ("euc_kr", "cp949"),
    "cp950": ("big5", "cp950"),
    "shift_jis_2004": ("shift_jis", "cp932", "shift_jis_2004"),
    "shift_jisx0213": ("shift_jis", "cp932", "shift_jisx0213"),
    "euc_jis_2004": ("euc_jp", "euc_jis_2004"),
    "euc_jisx0213": ("euc_jp", "euc_jisx0213"),
    "big5": ("big5", "cp950", "big5hkscs"),
    "big5hkscs": ("big5", "cp950", "big5hkscs"),
}
# How many files are in an encoding counts beside how well its letters fit: in a short text several fit about as well.
USUAL = re.compile("cp1252|iso8859-15?")
OFTEN = re.compile("cp125.|iso8859-[25-9]|koi8.*|gb.*|big5.*|euc.*|shift.*|cp9.*|cp874|tis.*|iso2022.*|cp866|utf.*|hz")
OF_SYSTEMS = re.compile("mac-roman|mac-cyrillic|cp437|cp85[02]")
WEIGHTS = ((USUAL, 1.1), (OFTEN, 1.02), (OF_SYSTEMS, 1.0), (re.compile(".*"), 0.3))
UNSURE, USUAL_IF_UNSURE = 0.1, 1.3  # a confidence of chardet, and a further factor if none is higher
OTHER_ALPHABETS = ("CYRILLIC", "GREEK", "HEBREW", "ARABIC", "THAI", "ARMENIAN", "GEORGIAN")


@dataclass(frozen=True)
class Guess:
    """An encoding that reads the whole file, and some of what it reads, from the first characters above ASCII on."""

    encoding: str
    excerpt: str


def guess_encoding(file: SourceFile) -> Guess | None:
    """The encoding that a file is most likely in; None if none that is likely reads all of it.

    Raises TextError if the file cannot be read.
    """
    head = next(file.blocks(), b"")[:HEAD]
    marked = encoding_of_mark(head)
    if marked:
        return _checked(file, [marked])
    if is_utf8(file) and not any(escape in head for escape in ESCAPES):
        return _checked(file, ["utf-8"])
    if any(b"\0" in block for block in file.blocks()):
        return _checked(file, wide_encodings(head))
    return None if is_damaged_utf8(file) else _checked(file, _candidates(_sample(file)))


def is_utf8(file: SourceFile) -> bool:
    """Whether all bytes are valid UTF-8 without NULs."""
    return _reads(file, "utf-8")


def excerpt_of(file: SourceFile, encoding: str) -> str:
    """Some of a file as the encoding reads it, from shortly before the first character above ASCII; on one line."""
    text = ""
    decoder: Any = codecs.getincrementaldecoder(encoding)("ignore")
    for block in file.blocks():
        text = (text[-AROUND:] + decoder.decode(block)).removeprefix("\ufeff")
        if not text.isascii():
            break
    start = next((at for at, character in enumerate(text) if character > "\x7f"), 0)
    return " ".join(text[max(0, start - AROUND // 4) : start + AROUND].split())


def _checked(file: SourceFile, candidates: Iterable[str]) -> Guess | None:
    """The first of the encodings that reads the whole file."""
    for encoding in candidates:
        if _reads(file, encoding):
            return Guess(encoding, excerpt_of(file, encoding))
    return None


def _reads(file: SourceFile, encoding: str) -> bool:
    decoder: Any = codecs.getincrementaldecoder(encoding)("strict")
    try:
        nuls = any("\0" in decoder.decode(block) for block in file.blocks())
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return not nuls


def is_damaged_utf8(file: SourceFile) -> bool:
    """Whether nearly all bytes above ASCII are UTF-8: then another encoding would make mojibake of them."""
    high = whole = 0
    for block in file.blocks():
        above = len(block.translate(None, bytes(range(0x80))))
        high += above
        whole += len(block.decode("utf-8", "ignore").encode()) - (len(block) - above)
    return whole > 0 and high - whole <= max(8, DAMAGED * high) and whole >= high - whole


def _sample(file: SourceFile) -> bytes:
    """Stretches of lines with bytes above ASCII, from the whole file; of a text without any, its first bytes."""
    taken = b""
    for block in file.blocks():
        start = 0
        while len(taken) < SAMPLE and (place := _first_high(block, start)) is not None:
            begin = max(start, block.rfind(b"\n", start, place) + 1, place - STRETCH)
            end = block.find(b"\n", place + STRETCH) + 1 or len(block)
            start = min(end, begin + 2 * STRETCH)
            taken += block[begin:start]
    return taken or next(file.blocks(), b"")[:SAMPLE]


def _first_high(block: bytes, start: int) -> int | None:
    """The position of the first byte above 0x7f from `start` on."""
    ascii_only = block[start:].decode("ascii", "replace").find("\ufffd")
    return None if ascii_only < 0 else start + ascii_only


def _candidates(sample: bytes) -> Iterator[str]:
    """Encodings, the likeliest first, whose reading of the sample is neither mojibake nor has controls in it."""
    import chardet

    found = chardet.detect_all(sample, ignore_threshold=True, prefer_superset=False, compat_names=False)
    likely = {str(one["encoding"]): one["confidence"] for one in found if one["encoding"]}
    weighted = {name: likely[name] * _weight(name, sample) for name in list(likely)[:MOST_CANDIDATES]}
    if max(likely.values(), default=0) < UNSURE:
        weighted |= {name: USUAL_IF_UNSURE * weight for name, weight in weighted.items() if USUAL.fullmatch(name)}
    named = sorted(weighted, key=lambda name: -weighted[name])
    for encoding in dict.fromkeys(name for one in named for name in SUPERSETS.get(one, (one,))):
        if encoding == "cp1252" and "iso8859-15" in named[:1] and ONLY_IN_LATIN_9.intersection(sample):
            continue
        with suppress(UsageError):  # a codec that this Python does not have
            name = find_codec(encoding).name
            text = sample.decode(name, "replace")
            if all(map(is_plain, set(text) - {"\ufffd"})) and not misread_as(text):
                yield name


def _weight(encoding: str, sample: bytes) -> float:
    """A factor for an encoding: smaller the rarer it is, and the more characters stand where none of their kind does.

    Such are a capital after a small letter, a sign or an opening quotation mark after a letter, and a letter of another
    alphabet after a Latin one.
    """
    usual = next(weight for names, weight in WEIGHTS if names.fullmatch(encoding))
    try:
        text = sample.decode(encoding, "ignore")
    except LookupError:
        return 0.0
    pairs = [(before, one) for before, one in pairwise(text) if one > "\x7f"]
    return usual * (1 - sum(_is_odd(*pair) for pair in pairs) / max(1, len(pairs)))


def _is_odd(before: str, character: str) -> bool:
    if character.isupper():
        return before.islower()
    if before.isascii() and before.isalpha() and unicodedata.name(character, "").startswith(OTHER_ALPHABETS):
        return True
    return before.isalpha() and unicodedata.category(character) in ("Ps", "Pi", "Sm", "Sc", "Sk", "So", "No", "Cc")
