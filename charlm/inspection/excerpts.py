"""Excerpts of a text, evenly spaced, in which a model is inspected. Knows no model.

Shape letters: T time, B rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from charlm.errors import TextError

WARM_UP = 128  # characters read before each excerpt, so that it starts from a realistic state


@dataclass(frozen=True, eq=False)
class Excerpts:
    """`inside` (T, B) is what is inspected. `before` (W, B) is read first, for the state. Both are int64."""

    before: np.ndarray
    inside: np.ndarray


def cut_excerpts(ids: np.ndarray, length: int, rows: int, warm_up: int = WARM_UP) -> Excerpts:
    """Excerpts of T = `length` characters, evenly spaced from the beginning to the end of the text. ids (N,).

    B is `rows`, or less if there are fewer positions. W is `warm_up`, or less in a short text. Raises TextError if the
    text is shorter than one excerpt.
    """
    if ids.size < length:
        raise TextError(
            f"The text has {ids.size:,} characters, and the inspection needs {length:,}",
            "the valid split of the run's text, or the text that --text names",
            "Give a longer text with --text FILE" + (f", or --distance {ids.size - 2}." if ids.size > 2 else "."),
        )
    warm_up = min(warm_up, (ids.size - length) // 2)
    last = ids.size - length
    starts = np.unique(np.linspace(warm_up, last, min(rows, last - warm_up + 1)).round().astype(np.int64))
    at = starts + np.arange(-warm_up, length)[:, None]
    read = ids[at].astype(np.int64)
    return Excerpts(read[:warm_up], read[warm_up:])
