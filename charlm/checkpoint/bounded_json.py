"""Parses JSON from an untrusted file, after bounding the memory that it will take. Knows nothing of its contents.

Python takes up to sixty bytes of memory for two of JSON (`[],[],`), and four for each character of a string that has
one emoji. So the characters that make values are counted before, and text may be long only if it consists of escapes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

MOST_MARKS = 200_000  # commas, colons, brackets and quotes; 64 layers with their optimizer have under half of that
MOST_PLAIN = 4 * 2**20  # bytes outside of \u escapes
MARKS = (b",", b":", b"[", b"{", b'"')
ESCAPE = 6  # bytes of \u00e9


def parse_bounded_json(content: bytes) -> Any:
    """The value. Raises ValueError or RecursionError if it is too large, no JSON, not ASCII, or has NaN or a repeated
    key.
    """
    if not content.isascii():
        raise ValueError("it is not plain ASCII")
    if sum(map(content.count, MARKS)) > MOST_MARKS:
        raise ValueError("it holds more values than any description needs")
    if len(content) - ESCAPE * content.count(b"\\u") > MOST_PLAIN:
        raise ValueError("it holds longer text than any description needs")
    # decoded here, since json would import a module to guess the encoding of bytes
    return json.loads(content.decode("ascii"), object_pairs_hook=_without_duplicates, parse_constant=_refuse)


def _without_duplicates(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"it has {name[:60]!r} twice")
        found[name] = value
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number")
