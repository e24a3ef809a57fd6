"""A text that is coded by a model that adapts to it. Knows no coder.

The rule of adaptation needs to know how large gradients are on the training text (adaptation/scales.py). The decoder
need not have that, so encoder and decoder draw a text from the model itself. Of all text it is nearest to what the
model was trained on: tiny-shakespeare's last tenth takes 0.2 % more bytes than with scales of the training part.

Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from charlm.adaptation.adapting import AdaptingModel
from charlm.adaptation.rule import Rule
from charlm.adaptation.scales import READ_BEFORE, SEGMENTS, gradient_scales
from charlm.compression.forecasting import Forecaster, usable
from charlm.model.language_model import LanguageModel
from charlm.randomness import named_stream

SEED = 0


class AdaptedForecast:
    """A Forecast of one row, by a model that learns from what it reads."""

    def __init__(self, model: AdaptingModel) -> None:
        self._model = model
        self._look()

    def advance(self, ids: npt.NDArray[np.int64]) -> None:
        """As in Forecast. Raises DivergedError if the model has become worse than guessing."""
        if ids[0] >= 0:
            self._model.take(int(ids[0]))
            self._look()

    def keep(self, rows: int) -> None:
        """As in Forecast."""

    def _look(self) -> None:
        self.probabilities = usable(self._model.next_logits()[None])


def adapted_forecasts(model: LanguageModel, forecaster: Forecaster, rate: float) -> Callable[[], AdaptedForecast]:
    """What makes a new forecast, of the model as it was given, for each text."""
    rule = Rule(rate=rate)
    drawn = drawn_text(forecaster, SEGMENTS, READ_BEFORE + rule.segment + 1)
    scales = gradient_scales(model, drawn.reshape(-1), rule.segment, segments=SEGMENTS)
    return lambda: AdaptedForecast(AdaptingModel(model, scales, rule, forecaster.record_end))


def drawn_text(forecaster: Forecaster, rows: int, length: int) -> npt.NDArray[np.int64]:
    """Text that the model writes, ids (B, length), the same each time."""
    forecast, random = forecaster.begin(rows), named_stream(SEED, "adapted")
    found = np.empty((rows, length), np.int64)
    for place in range(length):
        below = np.add.accumulate(forecast.probabilities, axis=1) <= random.random((rows, 1))
        found[:, place] = np.minimum(below.sum(axis=1), forecaster.symbols - 1)  # the sum may be less than 1
        forecast.advance(found[:, place])
    return found
