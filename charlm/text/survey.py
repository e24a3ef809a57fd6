"""Counts the symbols of a text. Knows no ids and no files."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from charlm.errors import TextError
from charlm.text.clusters import clusters, in_whole_clusters
from charlm.text.decoding.mojibake import misread_as
from charlm.text.decoding.reading import Chunk
from charlm.text.lookup import LOOKUP_LENGTH, code_points
from charlm.text.vocabulary import SURROGATES

STRETCH, STRETCHES = 1 << 12, 16  # misread characters are looked for in so many characters of so many chunks
ABOVE_ASCII = re.compile(r"[^\x00-\x7f]")
CHANGES = ("marks", "crlf", "cr", "stripped", "more_bytes")  # what reading changed, as a Chunk counts it
BY_PAIRS = 1 << 17  # bytes; from this length on it is faster to count pairs


@dataclass(frozen=True)
class Survey:
    """The count of each symbol, in the order of code points, and the counts of what reading changed."""

    counts: dict[str, int]
    marks: int = 0
    crlf: int = 0
    cr: int = 0
    stripped: int = 0
    more_bytes: int = 0
    stretches: tuple[str, ...] = ()  # the last ones that are looked at for misread characters

    @property
    def misread(self) -> tuple[str, str, str] | None:
        """As misread_as tells it."""
        return misread_as("".join(self.stretches))

    @classmethod
    def of_parts(cls, surveys: Iterable[Survey]) -> Survey:
        """The survey of a text, from those of its parts in their order."""
        counts, sums, stretches = Counter[str](), Counter[str](), deque[str](maxlen=STRETCHES)
        for survey in surveys:
            counts.update(survey.counts)
            stretches += survey.stretches
            sums.update({name: getattr(survey, name) for name in CHANGES})
        return cls(dict(sorted(counts.items())), **{name: sums[name] for name in CHANGES}, stretches=tuple(stretches))

    def outside(self, known: Collection[str]) -> int:
        """How often symbols occur that are not known."""
        return sum(self.counts[symbol] for symbol in set(self.counts).difference(known))


def survey_graphemes(chunks: Iterable[Chunk]) -> Survey:
    """The grapheme clusters of a text. Raises TextError as `survey_text` does."""
    counts = Counter[str]()

    def texts() -> Iterator[str]:
        for chunk in chunks:
            changes.update({name: getattr(chunk, name) for name in CHANGES})
            if not chunk.text.isascii():
                first = next(ABOVE_ASCII.finditer(chunk.text)).start()
                stretches.append(chunk.text[first : first + STRETCH])
            yield chunk.text

    changes = Counter[str](dict.fromkeys(CHANGES, 0))
    stretches = deque[str](maxlen=STRETCHES)
    for text in in_whole_clusters(texts()):
        counts.update(clusters(text))
    if SURROGATES.search("".join(counts)):
        raise _surrogates_error()
    return Survey(dict(sorted(counts.items())), **changes, stretches=tuple(stretches))


def survey_text(chunks: Iterable[Chunk]) -> Survey:
    """The characters of a text. Raises TextError if a codec has let lone surrogates pass, which are no characters."""
    counts = np.zeros(0x110000, np.int64)
    marks = crlf = cr = stripped = more_bytes = 0
    stretches = deque[str](maxlen=STRETCHES)
    for chunk in chunks:
        if chunk.text.isascii():
            counts[:256] += _byte_counts(chunk.text.encode())
        else:
            first = next(ABOVE_ASCII.finditer(chunk.text)).start()
            stretches.append(chunk.text[first : first + STRETCH])
            for start in range(0, len(chunk.text), LOOKUP_LENGTH):
                part = np.bincount(code_points(chunk.text[start : start + LOOKUP_LENGTH]))
                counts[: len(part)] += part
        marks, crlf, cr = marks + chunk.marks, crlf + chunk.crlf, cr + chunk.cr
        stripped, more_bytes = stripped + chunk.stripped, more_bytes + chunk.more_bytes
    if counts[0xD800:0xE000].any():
        raise _surrogates_error()
    by_symbol = {chr(code): int(counts[code]) for code in np.flatnonzero(counts)}
    return Survey(by_symbol, marks, crlf, cr, stripped, more_bytes, tuple(stretches))


def survey_bytes(blocks: Iterable[bytes]) -> Survey:
    """The bytes of a text, each as the character with its value."""
    counts = np.zeros(256, np.int64)
    for block in blocks:
        counts += _byte_counts(block)
    return Survey({chr(code): int(counts[code]) for code in np.flatnonzero(counts)})


def _surrogates_error() -> TextError:
    return TextError("The decoded text has lone surrogates", "text.encoding", "Use another encoding, such as utf-8.")


def _byte_counts(data: bytes) -> npt.NDArray[np.int64]:
    """(256,) the count of each byte. For long data, pairs are counted, which takes half as many steps."""
    if len(data) < BY_PAIRS:
        return np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    pairs = np.bincount(np.frombuffer(data, np.uint16, len(data) // 2), minlength=1 << 16).reshape(256, 256)
    counts: npt.NDArray[np.int64] = pairs.sum(axis=0) + pairs.sum(axis=1)
    counts[data[-1]] += len(data) % 2
    return counts
