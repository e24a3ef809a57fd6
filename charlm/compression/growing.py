"""A text that is coded by a model that begins from nothing, mixed with an n-gram that does, too. Knows no coder.

The text is read in some rows side by side: then a step of learning sees more than one place of it, and takes less time
for each symbol. What was learned stays from block to block; the rows of each block begin anew.

Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from charlm.adaptation.growing import GrowingModel
from charlm.adaptation.plan import Plan
from charlm.baselines.ngram import new_ngram
from charlm.compression.forecasting import Forecast, usable
from charlm.compression.mixed import Mixing
from charlm.evaluation.beside_model import BESIDE
from charlm.model.language_model import LanguageModel

BEGINNING = (0.3, 0.7)  # the weights of the model and of the n-gram, which learns sooner


class Growth:
    """A Forecasting that belongs to one text."""

    def __init__(self, model: LanguageModel, plan: Plan) -> None:
        self.symbols = model.vocab_size
        self._model = GrowingModel(model, plan)
        self._mixing = Mixing([new_ngram(BESIDE, self.symbols)], BEGINNING, self.symbols)

    def begin(self, rows: int) -> Forecast:
        """As in Forecasting."""
        self._model.begin(rows)
        return self._mixing.begin(GrowingForecast(self._model), rows)


class GrowingForecast:
    """The Forecast of a model that learns from what it reads."""

    def __init__(self, model: GrowingModel) -> None:
        self._model = model
        self.probabilities = usable(model.logits)

    def advance(self, ids: npt.NDArray[np.int64]) -> None:
        """As in Forecast; no id is negative."""
        self._model.take(ids)
        self.probabilities = usable(self._model.logits)

    def keep(self, rows: int) -> None:
        """As in Forecast."""
        self._model.keep(rows)
        self.probabilities = self.probabilities[:rows]


def growths(model: LanguageModel, plan: Plan) -> Callable[[], Growth]:
    """What makes a new forecasting for each text; the model has learned nothing, and stays so."""
    return lambda: Growth(model, plan)
