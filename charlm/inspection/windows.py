"""Stretches of a text, spread evenly over it, to look at a model in. Knows no model.

Shape letters: T time, B rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.errors import TextError

WARM_UP = 128  # characters read before each stretch, so that its state is one that the model really has


@dataclass(frozen=True, eq=False)
class Windows:
    """`before` (W, B) is read to come to a state, `inside` (T, B) is what is looked at; both int64."""

    before: np.ndarray
    inside: np.ndarray


def spread(ids: np.ndarray, length: int, rows: int, warm_up: int = WARM_UP) -> Windows:
    """Windows of T = `length` characters, evenly spaced from the text's beginning to its end; ids (N,).

    B is `rows`, or as many as there are places. W is `warm_up`; in a short text half of what a window leaves. Raises
    TextError for a text that is shorter than a window.
    """
    if ids.size < length:
        raise TextError(
            f"The text has {ids.size:,} characters, and a look at it takes {length:,}",
            "the valid split of the run's text, or the text that --text names",
            "Give a longer text with --text FILE, or look less far.",
        )
    warm_up = min(warm_up, (ids.size - length) // 2)
    last = ids.size - length
    starts = np.unique(np.linspace(warm_up, last, min(rows, last - warm_up + 1)).round().astype(np.int64))
    at = starts + np.arange(-warm_up, length)[:, None]
    read = ids[at].astype(np.int64)
    return Windows(read[:warm_up], read[warm_up:])
