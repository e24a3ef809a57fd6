"""A text as rows that a model reads from a fresh state: running text as one row, records as a row each. Knows no model.

Shape letters: N characters, T time, B rows, R records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charlm.text.lanes import NO_TARGET

TOGETHER = 1 << 16  # steps of all rows of a group


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


def rows_of(ids: np.ndarray, end: int | None) -> tuple[TextRows, ...]:
    """A text (N,) as rows, in groups whose rows are about equally long.

    With `end`, the id that ends a record, each record starts with it, and has it as its last target; without, all of
    the text is one row, and the first character is no target.
    """
    ids = np.asarray(ids, np.int64)
    if end is None:
        return (TextRows(ids[:-1, None], ids[1:, None], np.arange(1, len(ids))[:, None]),)
    stops = np.flatnonzero(ids == end) + 1
    if not stops.size or stops[-1] < len(ids):
        stops = np.append(stops, len(ids))
    starts = np.concatenate([[0], stops[:-1]])
    order = np.argsort(starts - stops, kind="stable")  # the longest first
    groups = []
    while order.size:
        rows = max(1, TOGETHER // int(stops[order[0]] - starts[order[0]]))
        groups.append(_records(ids, end, starts[order[:rows]], stops[order[:rows]]))
        order = order[rows:]
    return tuple(groups)


def _records(ids: np.ndarray, end: int, starts: np.ndarray, stops: np.ndarray) -> TextRows:
    steps = np.arange(int((stops - starts).max()))[:, None]
    places = starts + steps
    there = places < stops
    targets = np.where(there, ids[np.minimum(places, len(ids) - 1)], NO_TARGET)
    inputs = np.concatenate([np.full((1, len(starts)), end), np.maximum(targets[:-1], 0)])
    return TextRows(inputs, targets, np.where(there, places, NO_TARGET))


def in_order(groups: Sequence[TextRows], values: Sequence[np.ndarray]) -> np.ndarray:
    """Values (T, B, ...) of the targets of each group, in the order of the text: (N, ...)."""
    places = np.concatenate([group.places[group.scored] for group in groups])
    scored = [value[group.scored] for group, value in zip(groups, values, strict=True)]
    return np.asarray(np.concatenate(scored)[np.argsort(places)])
