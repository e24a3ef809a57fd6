"""The known character nearest to an unknown one. Knows no vocabulary, only a test of what is known."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

# Families whose members stand for one another, the plainest first. Unicode decomposes none of them.
FAMILIES = (
    "'’‘‚‛′`´ʼ",
    '"”“„‟″«»',
    "-–—‐‑‒―−",
    "•·*",
)
# Letters that Unicode does not decompose, as they are commonly written without their stroke or ligature.
SPELLED = {
    "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ð": "d", "Ð": "D",
    "þ": "th", "Þ": "Th", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ß": "ss", "ẞ": "SS",
}  # fmt: skip
LINE_ENDS = frozenset("\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def nearest(character: str, is_known: Callable[[str], bool]) -> str:
    """What to read in place of one unknown character: known characters, or nothing where none is near."""
    for candidate in _candidates(character):
        if candidate and all(is_known(letter) for letter in candidate):
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
    base = "".join(letter for letter in _decomposed(character) if not unicodedata.combining(letter))
    yield base
    yield character.swapcase()
    yield base.swapcase()


def _decomposed(character: str) -> str:
    return unicodedata.normalize("NFKD", SPELLED.get(character, character))
