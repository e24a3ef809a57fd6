"""What rounding costs: the score of a text with the weights as they are, and as the page has them. Knows no files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from charlm.evaluation.score import Score
from charlm.evaluation.scorers import NumpyScorer, WindowScorer
from charlm.evaluation.text import score_ids
from charlm.model.language_model import LanguageModel


@dataclass(frozen=True)
class RoundingLoss:
    """`page` is the score with the rounded weights, `exact` with those of the checkpoint, of the same symbols."""

    page: Score
    exact: Score

    @property
    def bits_per_character(self) -> float:
        return self.page.bits_per_character - self.exact.bits_per_character

    @property
    def nats_per_character(self) -> float:
        return self.page.nats_per_character - self.exact.nats_per_character


def rounding_loss(
    exact: LanguageModel,
    page: LanguageModel,
    ids: np.ndarray,
    end: int | None,
    watched: Callable[[WindowScorer], WindowScorer] = lambda scorer: scorer,
) -> RoundingLoss:
    """Score ids (N,), N >= 2, with both models. `end` is the id that ends a record, None for a stream."""
    found = [score_ids(watched(NumpyScorer(model)), ids, end) for model in (page, exact)]
    return RoundingLoss(*found)
