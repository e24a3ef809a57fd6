"""What the first bytes of a file tell about its encoding: a byte-order mark, or NUL bytes. Reads no files."""

from __future__ import annotations

import codecs
import unicodedata

MARKS = (  # the longer ones first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")  # encodings whose texts have NUL bytes
MOST_PAIRS = 0.9  # share of characters whose two bytes are printable ASCII; in Japanese up to two thirds are
ASCII = frozenset([*b"\t\n\r", *range(0x20, 0x7F)])  # bytes of plain text
TEXT_CONTROLS = frozenset("\t\n\r\f\x1b")


def encoding_of_mark(head: bytes) -> str | None:
    """The encoding whose byte-order mark these first bytes of a file have; None without a mark."""
    return next((name for mark, name in MARKS if head.startswith(mark)), None)


def wide_encodings(head: bytes) -> list[str]:
    """The forms of UTF-16 and UTF-32 that a text with NULs may have by its first bytes, the likelier first.

    In the right one the higher bytes, which tell the script, are few and repeat, and the lower ones vary.
    """
    found = []
    for encoding in WIDE:
        width = 2 if encoding.startswith("utf-16") else 4
        text = head[: len(head) // width * width].decode(encoding, "replace").removesuffix("\ufffd")
        if text and all(map(is_plain, set(text))) and not _is_ascii_in_pairs(text):
            found.append((len({ord(character) >> 8 for character in text}), -width, encoding))
    return [encoding for *_, encoding in sorted(found)]


def _is_ascii_in_pairs(text: str) -> bool:
    """Whether this reading of UTF-16 is that of ASCII with a few NULs, whose pairs of letters look like Chinese."""
    letters = [ord(character) for character in text if character > "\x7f"]
    pairs = sum(code >> 8 in ASCII and code & 0xFF in ASCII for code in letters)
    low_nuls = sum(code & 0xFF == 0 for code in letters)
    return low_nuls > len(text) - len(letters) or pairs > MOST_PAIRS * len(letters)


def is_plain(character: str) -> bool:
    """Whether a character stands in texts: no control, no surrogate, no private or unassigned one, no U+FFFD."""
    if character in TEXT_CONTROLS:
        return True
    return character != "\ufffd" and unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")
