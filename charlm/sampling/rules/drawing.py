"""Drawing: one symbol at random from what decoding gives, for one row or for many. B rows, V symbols.

Knows no model and no random generator: the random numbers are arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from charlm.errors import IntegrityError
from charlm.sampling.rules.decoding import Allowed, Decoding, Unnormalised, unnormalised
from charlm.sampling.rules.logits import LEAST_TEMPERATURE
from charlm.sampling.rules.mirostat import first_mu, next_mu


def draw(chances: Unnormalised, uniform: float) -> int:
    """The id at `uniform`, in [0, 1), on the cumulative sum of the chances. An id of chance 0 is never drawn."""
    cumulative = np.add.accumulate(chances)
    # The result is the first id whose sum exceeds `uniform` times the total, so its own chance is above 0. There is
    # such an id: the largest float below 1, times the total, still rounds to less than the total.
    return int(cumulative.searchsorted(uniform * cumulative[-1], "right"))


def draw_rows(
    logits: NDArray[np.floating],
    decoding: Decoding,
    recent: Sequence[Collection[int]],
    uniforms: NDArray[np.float64],
    allowed: NDArray[np.bool_] | None = None,
) -> list[int | None]:
    """(B, V) logits to B ids. Every row has its own recent ids, its own uniform number of (B,), and allowed ids (B, V).

    Each id is the one that `draw` gives for the row alone. It is None if the row's logits are not finite:
    `non_finite_error` has the error for it. A row must have an allowed id; None allows all.
    """
    # For a single row, numpy's functions on matrices cost more than those on vectors.
    if logits.shape[0] > 1 and decoding.only_temperature and np.isfinite(logits).all():
        scores = logits.astype(np.float64, order="C")
        if allowed is not None:
            np.putmask(scores, ~allowed, -np.inf)
        scores -= scores.max(axis=1, keepdims=True)
        scores /= max(decoding.temperature, LEAST_TEMPERATURE)
        cumulative = np.add.accumulate(np.exp(scores), axis=1)
        thresholds = uniforms * cumulative[:, -1]
        ids: list[int | None] = np.count_nonzero(cumulative <= thresholds[:, None], axis=1).tolist()
        return ids
    drawn: list[int | None] = []
    for number, (row, row_recent, uniform) in enumerate(zip(logits, recent, uniforms, strict=True)):
        try:
            drawn.append(draw(unnormalised(row, decoding, row_recent, _row(allowed, number)), uniform))
        except IntegrityError:
            drawn.append(None)
    return drawn


def first_bounds(decoding: Decoding, rows: int) -> list[float]:
    """Mirostat's bounds on surprise before the first symbol, one for each row."""
    return [first_mu(decoding.mirostat_ent)] * rows


def draw_bounded(
    logits: NDArray[np.floating],
    decoding: Decoding,
    recent: Sequence[Collection[int]],
    uniforms: NDArray[np.float64],
    allowed: NDArray[np.bool_] | None,
    bounds: Sequence[float],
) -> tuple[list[int | None], list[float]]:
    """The same with mirostat, whose bound on surprise moves in every row: the ids, and the bounds after them."""
    drawn: list[int | None] = []
    after = list(bounds)
    for number, (row, row_recent, uniform) in enumerate(zip(logits, recent, uniforms, strict=True)):
        try:
            chances = unnormalised(row, decoding, row_recent, _row(allowed, number), bounds[number])
        except IntegrityError:
            drawn.append(None)
            continue
        symbol = draw(chances, uniform)
        drawn.append(symbol)
        after[number] = next_mu(bounds[number], chances, symbol, decoding.mirostat_lr, decoding.mirostat_ent)
    return drawn, after


def _row(allowed: NDArray[np.bool_] | None, number: int) -> Allowed | None:
    return None if allowed is None else allowed[number]
