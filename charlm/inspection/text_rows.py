"""A text as rows that a model reads from a fresh state: running text as one row, records as a row each. Knows no model.

Shape letters: N characters, T time, B rows, R records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.text.lanes import NO_TARGET


@dataclass(frozen=True, eq=False)
class TextRows:
    """inputs (T, B) and targets (T, B) int64, and the place of each target in the text (T, B).

    All rows begin at the first step. After the end of a row there is NO_TARGET in the targets and places.
    """

    inputs: np.ndarray
    targets: np.ndarray
    places: np.ndarray

    @property
    def scored(self) -> np.ndarray:
        """(T, B) bool"""
        return np.asarray(self.targets != NO_TARGET)

    def in_order(self, values: np.ndarray) -> np.ndarray:
        """Values (T, B, ...) of the targets in the order of the text, (N, ...)."""
        return np.asarray(values[self.scored][np.argsort(self.places[self.scored])])


def rows_of(ids: np.ndarray, end: int | None) -> TextRows:
    """The rows of a text (N,). With `end`, the id that ends a record, each record starts with it, and has it as its
    last target; without, the first character is no target."""
    ids = np.asarray(ids, np.int64)
    if end is None:
        return TextRows(ids[:-1, None], ids[1:, None], np.arange(1, len(ids))[:, None])
    stops = np.flatnonzero(ids == end) + 1
    if not stops.size or stops[-1] < len(ids):
        stops = np.append(stops, len(ids))
    starts = np.concatenate([[0], stops[:-1]])
    steps = np.arange(int((stops - starts).max(initial=0)))[:, None]
    places = starts + steps
    there = places < stops
    targets = np.where(there, ids[np.minimum(places, len(ids) - 1)], NO_TARGET)
    inputs = np.concatenate([np.full((1, len(starts)), end), np.maximum(targets[:-1], 0)])
    return TextRows(inputs, targets, np.where(there, places, NO_TARGET))
