"""JSON from a stranger: what it would cost is counted before it is parsed. Knows nothing of what it says.

Python takes up to sixty bytes for two of JSON (`[],[],`), and four for one where a single character of a long string is
an emoji. So the marks that make values are counted, and text may be long only where it is made of escapes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

MOST_MARKS = 200_000  # commas, colons, brackets and quotes; 64 layers with their optimizer have under half of that
MOST_PLAIN = 4 * 2**20  # bytes that are not part of a \u escape
MARKS = (b",", b":", b"[", b"{", b'"')
ESCAPE = 6  # bytes of \u00e9


def parse_bounded_json(content: bytes) -> Any:
    """The value. ValueError or RecursionError where it is no JSON, too costly, not ASCII, holds NaN or a key twice."""
    if not content.isascii():
        raise ValueError("it is not plain ASCII")
    if sum(map(content.count, MARKS)) > MOST_MARKS:
        raise ValueError("it holds more values than it can need")
    if len(content) - ESCAPE * content.count(b"\\u") > MOST_PLAIN:
        raise ValueError("it holds longer text than it can need")
    # as text: of bytes, json would guess the encoding, and import one
    return json.loads(content.decode("ascii"), object_pairs_hook=_without_doubles, parse_constant=_refuse)


def _without_doubles(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"it names {name[:60]!r} twice")
        found[name] = value
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")
