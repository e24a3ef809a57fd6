"""Whole lines as arrays for a model: symbols, which of them are there, and the lines read backwards. Knows no model.

A line is a record with its end. Shape letters: T time, B rows, I input.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from charlm.cells.arrays import Array, arange, in_dtype_of, where
from charlm.text.lanes import NO_TARGET


class Lines(NamedTuple):
    """`before` and `symbols` (T, B): the symbol before each place (the end of a record before the first), and the one
    in it. `there` (T, B): 1 where a place has a symbol, 0 after the line's end. A row may have no symbol at all.
    """

    before: Array
    symbols: Array
    there: Array

    @property
    def lengths(self) -> Array:
        """(B,) symbols of each line, its end included; 0 for a row without a line."""
        return self.there.sum(0)


def lines_of(inputs: Array, targets: Array, like: Array) -> Lines:
    """Lines from the inputs and targets (T, B) of a window that has them whole, in the dtype of `like`."""
    return Lines(inputs, targets.clip(0, None), in_dtype_of(targets != NO_TARGET, like))


def last_of_each(x: Array, lines: Lines) -> Array:
    """(T, B, I) to (B, I): the values at the end of each line."""
    last = (lines.lengths - 1).clip(0, None)
    return x[_whole(last), arange(x.shape[1], x)]


def backwards(x: Array, lines: Lines) -> Array:
    """(T, B, I) with each line reversed within its length; what is after it stays. Twice gives `x` again."""
    steps = arange(x.shape[0], x)[:, None]
    lengths = _whole(lines.lengths)[None]
    return x[where(steps < lengths, lengths - 1 - steps, steps), arange(x.shape[1], x)[None]]


def _whole(numbers: Array) -> Array:
    return numbers.astype(int) if isinstance(numbers, np.ndarray) else numbers.long()
