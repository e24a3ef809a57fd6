"""Beam search: the most likely line after what a model read, as far as a beam of some width finds it.

Beginnings of one length are compared by their probability, and whole lines by its logarithm per symbol: by their
probability alone, the shortest line would win. Knows no text. Shape letters: B rows of the beam, V symbols.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.errors import IntegrityError
from charlm.model.probabilities import log_softmax
from charlm.model.state import take_rows
from charlm.sampling.loop.generation import Model, Read
from charlm.sampling.rules.decoding import non_finite_error


@dataclass(frozen=True)
class Line:
    """The ids of a line without its end, the natural log-probability with it, and whether it has ended."""

    ids: tuple[int, ...]
    logprob: float
    ended: bool


def likeliest_line(model: Model[Any], after: Read[Any], width: int, length: int, ends: Collection[int]) -> Line:
    """The likeliest line per symbol of 1 to `length` symbols that is found by keeping the `width` likeliest beginnings.

    A line ends before one of the ids `ends`, which is one of its symbols. The search is over when `width` lines have
    ended; if none does within the length, the line is the likeliest beginning. Raises IntegrityError if the model's
    scores are not finite.
    """
    stops = sorted(ends)
    ended: list[Line] = []
    lines: list[tuple[int, ...]] = [()]
    totals, logits, state = np.zeros(1), after.logits[None], after.state
    for number in range(length):
        _require_finite(logits)
        scores = totals[:, None] + log_softmax(logits)
        if not number:
            scores[:, stops] = -np.inf  # a line has something in it
        order = np.argsort(-scores, axis=None, kind="stable")[:width]
        rows, ids = np.unravel_index(order[np.isfinite(scores.ravel()[order])], scores.shape)
        goes_on = ~np.isin(ids, stops)
        ended += [Line(lines[row], float(scores[row, ids[at]]), True) for at, row in enumerate(rows) if not goes_on[at]]
        rows, ids = rows[goes_on], ids[goes_on]
        if len(ended) >= width or not len(rows):
            break
        lines = [(*lines[row], symbol) for row, symbol in zip(rows.tolist(), ids.tolist(), strict=True)]
        totals = scores[rows, ids]
        if number + 1 < length:
            logits, state = model.step(ids, take_rows(state, rows))
    if ended:
        return max(ended, key=lambda line: line.logprob / (len(line.ids) + 1))
    return Line(lines[0], float(totals[0]), ended=False)


def _require_finite(logits: np.ndarray[Any, Any]) -> None:
    errors: list[IntegrityError] = [error for row in logits if (error := non_finite_error(row))]
    if errors:
        raise errors[0]
