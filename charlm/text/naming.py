"""The short name of a text, made from its sources, for the names of runs. Reads no files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from charlm.text.sources import STDIN


def short_name(sources: Sequence[str]) -> str:
    """A short name for the text: the letters of its first source, of any alphabet, those with accents without them."""
    is_stream = sources[0] == STDIN or sources[0].startswith(("/dev/", "/proc/"))
    first = "standard-input" if is_stream else Path(sources[0]).absolute().name
    stem = re.sub(r"(\.\w{1,4}){1,2}$", "", first)
    slug = re.sub(r"[\W_]+", "-", _plain_letters(stem.lower())).strip("-")[:40].strip("-") or "text"
    return slug if len(sources) == 1 else f"{slug}-and-{len(sources) - 1}-more"


def _plain_letters(text: str) -> str:
    """é as e, but й as it is; marks that stand alone are left out, as no part of a name may be one."""
    bases = ((one, unicodedata.normalize("NFKD", one)[0]) for one in unicodedata.normalize("NFC", text))
    plain = "".join(base if base.isascii() else one for one, base in bases)
    return "".join(one for one in plain if not unicodedata.category(one).startswith("M"))
