"""The text encodings that a user can name, and the byte-order marks that name one. Reads no files."""

from __future__ import annotations

import codecs
import encodings.aliases
import unicodedata

from charlm.config.suggestions import suggestion
from charlm.errors import UsageError

AUTO = "auto"  # text.encoding: decide for each file
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
NOT_FOR_TEXTS = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")


def find_codec(encoding: str) -> codecs.CodecInfo:
    """The codec of a text encoding. Raises UsageError for any other name."""
    try:
        info = codecs.lookup(encoding)
        b"?".decode(encoding)  # fails for codecs that do not turn bytes into text
    except UnicodeError:
        pass  # a single byte is not valid in every encoding
    except (LookupError, ValueError, TypeError):  # ValueError: a NUL in the name
        known = sorted({AUTO, *encodings.aliases.aliases, *encodings.aliases.aliases.values()})
        hint = suggestion(encoding.lower().replace("-", "_"), known, most=2)
        remedy = hint or "Try utf-8, utf-16, latin-1 or cp1252; `auto` decides for each file."
        raise UsageError(f"There is no text encoding {encoding!r}", "text.encoding", remedy) from None
    if info.incrementaldecoder is None or info.name.replace("_", "-") in NOT_FOR_TEXTS:
        raise UsageError(f"{info.name} is no encoding of texts", "text.encoding", "Try utf-8, latin-1 or cp1252.")
    # The byte-order mark that utf-8-sig removes is removed in reading.py for every encoding, and counted.
    return codecs.lookup("utf-8") if info.name == "utf-8-sig" else info


def encoding_of_mark(head: bytes) -> str | None:
    """The encoding whose byte-order mark these first bytes of a file have; None without a mark."""
    return next((name for mark, name in MARKS if head.startswith(mark)), None)


def is_wide(encoding: str) -> bool:
    """Whether characters of ASCII have NUL bytes in this encoding."""
    return encoding.startswith(("utf-16", "utf-32"))


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
