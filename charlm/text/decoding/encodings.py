"""The text encodings that a user can name. Reads no files."""

from __future__ import annotations

import codecs
import encodings.aliases

from charlm.config.suggestions import suggestion
from charlm.errors import UsageError

AUTO = "auto"  # text.encoding: decide for each file
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


def is_wide(encoding: str) -> bool:
    """Whether characters of ASCII have NUL bytes in this encoding."""
    return encoding.startswith(("utf-16", "utf-32"))
