"""How well a number tells two kinds of items apart: the receiver operating characteristic. Knows no model.

An item is called positive if its number is above a threshold. For each threshold, the share of the positive items that
are found is set against the share of the others that are called positive wrongly. The area below this curve is the
probability that a positive item has the higher number of the two, with ties counted half (Hanley and McNeil, "The
Meaning and Use of the Area under a Receiver Operating Characteristic (ROC) Curve", 1982): 0.5 is no better than chance.
Shape letters: R items, P points of the curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Roc:
    """The area, and the curve: shares of the others and of the positive items above each threshold, (P,) each, from
    (0, 0) to (1, 1)."""

    area: float
    others: npt.NDArray[np.float64]
    found: npt.NDArray[np.float64]

    def found_at(self, share: float) -> float:
        """The share of the positive items that are found if at most this share of the others is called positive."""
        return float(self.found[np.searchsorted(self.others, share, side="right") - 1])


def roc(values: npt.NDArray[np.floating[Any]], positive: npt.NDArray[np.bool_]) -> Roc:
    """The curve of values (R,), finite, for items of which some, and not all, are positive (R,)."""
    order = np.argsort(-values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)  # the last of each run of equal values
    hits = np.cumsum(positive[order])[ends]
    others = ends + 1 - hits
    found, wrong = (np.concatenate([[0.0], counts / counts[-1]]) for counts in (hits, others))
    area = float(np.sum(np.diff(wrong) * (found[1:] + found[:-1]) / 2))
    return Roc(area, wrong, found)
