"""Which symbols a text has, and how often. Knows no ids and no files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from charlm.errors import TextError
from charlm.text.reading import Chunk


@dataclass(frozen=True)
class Survey:
    """How often each symbol occurs, by code point, and what reading the text mended."""

    counts: dict[str, int]
    marks: int = 0
    crlf: int = 0
    cr: int = 0


def survey_text(chunks: Iterable[Chunk]) -> Survey:
    """The characters of a text. TextError where a lenient codec made lone surrogates, which are none."""
    counts = np.zeros(0x110000, np.int64)
    marks = crlf = cr = 0
    for chunk in chunks:
        if chunk.text.isascii():
            found = np.bincount(np.frombuffer(chunk.text.encode(), np.uint8))
        else:
            found = np.bincount(np.frombuffer(chunk.text.encode("utf-32-le", "surrogatepass"), "<u4"))
        counts[: len(found)] += found
        marks, crlf, cr = marks + chunk.marks, crlf + chunk.crlf, cr + chunk.cr
    if counts[0xD800:0xE000].any():
        raise TextError(
            "The decoded text has lone surrogates.", "text.encoding", "Use another encoding, such as utf-8."
        )
    return Survey({chr(code): int(counts[code]) for code in np.flatnonzero(counts)}, marks, crlf, cr)


def survey_bytes(blocks: Iterable[bytes]) -> Survey:
    """The byte values of a text, each as the character with its number."""
    counts = np.zeros(256, np.int64)
    for block in blocks:
        counts += np.bincount(np.frombuffer(block, np.uint8), minlength=256)
    return Survey({chr(code): int(counts[code]) for code in np.flatnonzero(counts)})
