"""Brings the characters of a text into one form: composed, compatible, or lower case. Knows no files and no ids.

What is normalized chunk by chunk is the same as the whole text normalized at once: a chunk is cut before a character
that cannot combine with what is before it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

LONGEST = 1 << 12  # characters that are held back at most, for a text of nothing but combining marks
HANGUL_TAILS = range(0x1160, 0x1200)  # vowels and final consonants, which combine with a letter before them


def normalized(text: str, forms: Sequence[str]) -> str:
    """The text in these forms, applied one after another: `nfc`, `nfkc` or `lower`.

    `lower` does not depend on the place of a letter: a capital sigma becomes σ everywhere.
    """
    for form in forms:
        if form == "lower":
            text = text.replace("Σ", "σ").lower()
        elif not text.isascii():
            text = unicodedata.normalize("NFC" if form == "nfc" else "NFKC", text)
    return text


def in_whole_letters(chunks: Iterable[str]) -> Iterator[str]:
    """The same text in chunks that can be normalized each by itself."""
    held = ""
    for chunk in chunks:
        text = held + chunk
        cut = len(text) - 1
        while cut > 0 and len(text) - cut < LONGEST and not _begins(text[cut]):
            cut -= 1
        cut = max(cut, 0)
        held = text[cut:]
        yield text[:cut]
    yield held


def _begins(character: str) -> bool:
    """Whether a character cannot combine with one before it. Of those that can, some are starters."""
    if character < "\u0300":
        return True
    return (
        not unicodedata.category(character).startswith("M")
        and ord(character) not in HANGUL_TAILS
        and unicodedata.is_normalized("NFKC", character)
    )


def lacks_marks(unknown: Iterable[str]) -> bool:
    """Whether a mark that combines with the letter before it is unknown: a composed letter may be known."""
    return any(unicodedata.combining(character) for symbol in unknown for character in symbol)


def utf8_length(text: str) -> int:
    """The bytes that a text takes in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def with_unix_newlines(text: str) -> str:
    """The text with CRLF and CR as LF, as `text.newlines: unix` reads it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
