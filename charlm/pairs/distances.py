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

    The nearest has the smallest edit distance, among equals the first of the text. Sources of one length are compared
    at once, those of about the length asked for first: a distance is at least the difference of the lengths.
    """

    def __init__(self, targets: Mapping[str, Sequence[str]]) -> None:
        self._targets = [given[0] for given in targets.values()]
        numbers: dict[int, list[int]] = {}
        for number, source in enumerate(targets):
            numbers.setdefault(len(source), []).append(number)
        sources = list(targets)
        self._by_length = {
            length: (np.array(same), np.array([[*map(ord, sources[number])] for number in same], np.int32))
            for length, same in numbers.items()
        }

    def __call__(self, source: str) -> str:
        best, chosen = len(source) + max(self._by_length), 0
        for length in sorted(self._by_length, key=lambda length: abs(length - len(source))):
            if abs(length - len(source)) > best:
                break
            numbers, codes = self._by_length[length]
            distances = _distances(source, codes)
            at = int(distances.argmin())  # the first of equals
            found, number = int(distances[at]), int(numbers[at])
            if (found, number) < (best, chosen):
                best, chosen = found, number
        return self._targets[chosen]


def _distances(source: str, codes: np.ndarray) -> np.ndarray:
    """(R,) the edit distance of a source to texts of one length, given as code points (R, J).

    A row of the table depends on the cell at its left, step by step; of values less their column's number, that is a
    running minimum.
    """
    columns = np.arange(codes.shape[1] + 1, dtype=np.int16)
    row = np.broadcast_to(columns, (len(codes), len(columns)))
    for letter in source:
        best = np.empty_like(row)
        best[:, 0] = row[:, 0] + 1
        best[:, 1:] = np.minimum(row[:, 1:] + 1, row[:, :-1] + (codes != ord(letter)))
        row = np.minimum.accumulate(best - columns, axis=1) + columns
    found: np.ndarray = row[:, -1]
    return found
