"""How many characters differ: edit distances, and the source of train that is nearest to another. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def edit_distance(one: str, other: str) -> int:
    """The fewest insertions, deletions and replacements that make one text the other (Levenshtein 1966)."""
    if len(one) < len(other):
        one, other = other, one
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row[0] = row[0], number
        for at, match in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != match))
    return row[-1]


class NearestSource:
    """The targets of sources that are known, found by the nearest source: a baseline without any learning.

    The nearest has the smallest edit distance, among equals the first of the text. All known sources are compared at
    once, column by column of the table of distances.
    """

    def __init__(self, targets: Mapping[str, Sequence[str]]) -> None:
        self._targets = [given[0] for given in targets.values()]
        self._codes, self._lengths = _as_codes(list(targets))

    def __call__(self, source: str) -> str:
        return self._targets[int(self._distances(source).argmin())]

    def _distances(self, source: str) -> np.ndarray:
        """(R,) the edit distance of a source to each known one.

        A row of the table depends on the cell at its left, step by step; written as values less their column's number,
        that is a running minimum.
        """
        columns = np.arange(self._codes.shape[1] + 1)
        row = np.broadcast_to(columns, (len(self._codes), len(columns))).copy()
        for letter in source:
            best = np.empty_like(row)
            best[:, 0] = row[:, 0] + 1
            best[:, 1:] = np.minimum(row[:, 1:] + 1, row[:, :-1] + (self._codes != ord(letter)))
            row = np.minimum.accumulate(best - columns, axis=1) + columns
        found: np.ndarray = row[np.arange(len(row)), self._lengths]
        return found


def _as_codes(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(R, J) the code points of each text, -1 after its end, and their number (R,)."""
    lengths = np.array([len(text) for text in texts])
    codes = np.full((len(texts), int(lengths.max())), -1, np.int32)
    for number, text in enumerate(texts):
        codes[number, : len(text)] = [ord(letter) for letter in text]
    return codes, lengths
