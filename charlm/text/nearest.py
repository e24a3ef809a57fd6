"""Replaces an unknown character by the nearest known one. Knows no vocabulary, only a test for known characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator

# Characters of one family replace each other, the plainest first. Unicode decomposes none of them.
FAMILIES = (
    "'’‘‚‛′`´ʼ",
    '"”“„‟″«»',
    "-–—‐‑‒―−",
    "•·*",
)
# Letters that Unicode does not decompose, and their usual spelling in ASCII.
SPELLED = {
    "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ð": "d", "Ð": "D",
    "þ": "th", "Þ": "Th", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ß": "ss", "ẞ": "SS",
}  # fmt: skip
LINE_ENDS = frozenset("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def nearest(character: str, is_known: Callable[[str], bool], split: Callable[[str], Iterable[str]] = list[str]) -> str:
    """The known characters to read in place of an unknown one; empty if none is near.

    `split` divides a text into what `is_known` tells of: by default, into code points.
    """
    for candidate in _candidates(character):
        if candidate and all(map(is_known, split(candidate))):
            return candidate
    return ""


def _candidates(character: str) -> Iterator[str]:
    for family in FAMILIES:
        if character in family:
            yield from family
    if character in "“”„‟″«»":
        yield "'"
    if character in LINE_ENDS:
        yield "\n"
    if character.isspace():
        yield " "
        yield "\n"
    yield unicodedata.normalize("NFC", character)  # of several code points, or a sign that has another form
    yield unicodedata.normalize("NFD", character)
    base = "".join(letter for letter in _decomposed(character) if not unicodedata.combining(letter))
    yield base
    yield character.swapcase()
    yield base.swapcase()


def _decomposed(character: str) -> str:
    return unicodedata.normalize("NFKD", "".join(SPELLED.get(letter, letter) for letter in character))
