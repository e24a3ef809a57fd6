"""A text that is coded in one row by what learns from it. Knows no coder and no torch.

What was learned stays from block to block, and the state too. The prediction of a mixture is log-linear
(evaluation/mixing.py): the model's, adapting or not, and that of a Kneser-Ney n-gram that begins with no counts, so
that no text is needed to decode. It begins with the model alone.

Shape letters: B rows, which is 1 here; V symbols.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from charlm.baselines.ngram import new_ngram
from charlm.compression.forecasting import Forecast, Forecaster, usable
from charlm.compression.learning import Learning
from charlm.evaluation.mixing import LogLinear
from charlm.model.language_model import LanguageModel

ORDER = 6
BEGINNING = (1.0, 0.0)  # the weights of the model and of the n-gram
MOST_COUNTED = 2**23  # symbols; the n-gram counts no further ones, so that memory is bounded


class OneStream:
    """A Forecasting that belongs to one text."""

    def __init__(self, forecast: Forecast) -> None:
        self._forecast, self.symbols = forecast, forecast.probabilities.shape[1]

    def begin(self, rows: int) -> Forecast:
        """As in Forecasting. Raises ValueError if there are more rows than one."""
        if rows != 1:
            raise ValueError("what learns reads a text in one row")
        return self._forecast


class MixedForecast:
    """A Forecast of one row, mixed with an n-gram that counts what is read."""

    def __init__(self, forecast: Forecast) -> None:
        self._forecast, symbols = forecast, forecast.probabilities.shape[1]
        self._reader, self._left = new_ngram(ORDER, symbols).reader(counting=True), MOST_COUNTED
        self._blend = LogLinear(BEGINNING)
        self._look()

    def advance(self, ids: npt.NDArray[np.int64]) -> None:
        """As in Forecast."""
        if ids[0] < 0:
            return
        self._blend.mix([each[None] for each in self._every], ids)
        self._forecast.advance(ids)
        self._reader.counting = self._left > 0
        self._reader.take(int(ids[0]))
        self._left -= 1
        self._look()

    def keep(self, rows: int) -> None:
        """As in Forecast."""

    def _look(self) -> None:
        self._every = [np.log(self._forecast.probabilities[0]), np.log(self._reader.distribution())]
        self.probabilities = usable(self._blend.scores(self._every)[None])


def streams(model: LanguageModel, forecaster: Forecaster, learning: Learning) -> Callable[[], OneStream]:
    """What makes a new stream for each text. `forecaster` is of the same model of numpy arrays, which never changes."""
    begin: Callable[[], Forecast] = lambda: forecaster.begin(1)  # noqa: E731
    if learning.rate is not None:
        from charlm.compression.adapted import adapted_forecasts

        begin = adapted_forecasts(model, forecaster, learning.rate)
    return lambda: OneStream(MixedForecast(begin()) if learning.mixed else begin())
