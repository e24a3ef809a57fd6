"""Where a model that learns while it reads gains: characters by where their line or their word was seen before.

In a play, most of the gain may be names of speakers, which stand in lines that recur; in a novel, it is style. One
figure does not tell. Knows no model and no files. Shape letters: N symbols of a text, V symbols of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

GROUPS = (
    "in a line of the training part",
    "in a line seen before, here",  # and not in the training part
    "in a word seen before, here",  # and not in the training part, in another line
    "in a word never seen before",
    "all others",
)
LINE_KNOWN, LINE_HERE, WORD_HERE, WORD_NEW, OTHERS = range(len(GROUPS))
SHORTEST = 3  # symbols of a line or a word that count, with its end; shorter ones recur by chance


@dataclass(frozen=True)
class Gain:
    """A group of characters: its share of them, and their mean nats as they are predicted by either model."""

    group: str
    share: float
    before: float
    after: float


def gains(groups: np.ndarray, before: np.ndarray, after: np.ndarray) -> list[Gain]:
    """What each group (N,) gains, of nats (N,) before and after; groups without characters are left out."""
    found = []
    for number, name in enumerate(GROUPS):
        inside = groups == number
        if inside.any():
            found.append(Gain(name, float(inside.mean()), float(before[inside].mean()), float(after[inside].mean())))
    return found


def character_groups(ids: np.ndarray, training: np.ndarray, newline: int | None, in_words: np.ndarray) -> np.ndarray:
    """(N,) the number of each character's group. `in_words` (V,) says which symbols words are made of."""
    groups = np.full(len(ids), OTHERS, np.int8)
    known = {key for _, _, key in _words(training, in_words)}
    seen: set[bytes] = set()
    for start, stop, key in _words(ids, in_words):
        if key not in known:
            groups[start:stop] = WORD_HERE if key in seen else WORD_NEW
            seen.add(key)
    if newline is None:
        return groups
    known = {key for _, _, key in _lines(training, newline)}
    seen = set()
    for start, stop, key in _lines(ids, newline):
        if key in known:
            groups[start:stop] = LINE_KNOWN
        elif key in seen:
            groups[start:stop] = LINE_HERE
        seen.add(key)
    return groups


def symbols_of_words(symbols: tuple[str, ...]) -> np.ndarray:
    """(V,) whether words are made of a symbol: letters, digits, and bytes that are no ASCII."""
    return np.array([symbol[:1].isalnum() or symbol[:1] >= "\x80" for symbol in symbols], bool)


def _lines(ids: np.ndarray, newline: int) -> Iterator[tuple[int, int, bytes]]:
    """Start, end and symbols of each line, its end included; but for a last one without an end."""
    stops = np.flatnonzero(ids == newline) + 1
    yield from _parts(ids, np.append(0, stops[:-1]), stops)


def _words(ids: np.ndarray, in_words: np.ndarray) -> Iterator[tuple[int, int, bytes]]:
    """The same of each word."""
    inside = np.concatenate([[False], in_words[ids], [False]])
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    yield from _parts(ids, edges[::2], edges[1::2])


def _parts(ids: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> Iterator[tuple[int, int, bytes]]:
    size, every = ids.itemsize, np.ascontiguousarray(ids).tobytes()
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=False):
        if stop - start >= SHORTEST:
            yield start, stop, every[start * size : stop * size]
