"""A place in a text: what a model reads before it predicts one symbol. Knows no model.

A model of running text reads at most READ_BEFORE symbols before those that are looked at: what is farther back has all
but faded from its state. A model of records reads from the end symbol that begins the place's own record.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

READ_BEFORE = 1000


@dataclass(frozen=True, eq=False)
class Place:
    """`before` (W,) is read first, for the state; `inside` (T,), T > 0, is looked at; `actual` follows, if known."""

    before: np.ndarray
    inside: np.ndarray
    actual: int | None


def place_in(ids: np.ndarray, at: int, last: int, end: int | None = None) -> Place:
    """The place of symbol number `at` of a text (N,), counted from 0, seen from the `last` symbols before it.

    `at` may be N: what follows the text. `end` is the id that ends a record, if the text has records. Raises ValueError
    if nothing is before the place.
    """
    start = max(0, at - last - READ_BEFORE)
    read = np.asarray(ids[start:at], np.int64)
    if end is not None:
        ends = np.flatnonzero(read == end)
        read = read[ends[-1] :] if ends.size else np.concatenate([[end], read]) if start == 0 else read
    if not 0 <= at <= len(ids) or not read.size:
        raise ValueError("there is nothing to read before the place")
    actual = int(ids[at]) if at < len(ids) else None
    return Place(read[:-last], read[-last:], actual)
