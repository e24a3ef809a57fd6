"""A text that is coded in one row by what learns from it. Knows no coder and no torch.

What was learned stays from block to block, and the state too.
"""

from __future__ import annotations

from collections.abc import Callable

from charlm.baselines.ngram import NGram, new_ngram
from charlm.compression.forecasting import Forecast, Forecaster
from charlm.compression.learning import Learning
from charlm.compression.mixed import Mixing
from charlm.evaluation.beside_model import BESIDE, EMPTY, NEW
from charlm.model.language_model import LanguageModel
from charlm.text.vocabulary import Ids


class OneStream:
    """A Forecasting that belongs to one text."""

    def __init__(self, forecast: Forecast) -> None:
        self._forecast, self.symbols = forecast, forecast.probabilities.shape[1]

    def begin(self, rows: int) -> Forecast:
        """As in Forecasting. Raises ValueError if there are more rows than one."""
        if rows != 1:
            raise ValueError("what learns reads a text in one row")
        return self._forecast


def streams(
    model: LanguageModel, forecaster: Forecaster, learning: Learning, training: Ids | None
) -> Callable[[], OneStream]:
    """What makes a new stream for each text. `forecaster` is of the same model of numpy arrays, which never changes;
    `training` has the ids (N,) of the text whose counts an n-gram begins with, None if there is none."""
    begin: Callable[[], Forecast] = lambda: forecaster.begin(1)  # noqa: E731
    if learning.rate is not None:
        from charlm.compression.adapted import adapted_forecasts

        begin = adapted_forecasts(model, forecaster, learning.rate)
    if not learning.mixed:
        return lambda: OneStream(begin())
    mixing = _mixings(forecaster.symbols, training)
    return lambda: OneStream(mixing().begin(begin(), 1))


def _mixings(symbols: int, training: Ids | None) -> Callable[[], Mixing]:
    """What makes a new mixture for each text."""
    if training is None:
        return lambda: Mixing([new_ngram(BESIDE, symbols)], EMPTY, symbols)
    counts: NGram = new_ngram(BESIDE, symbols)
    counts.count(training)
    return lambda: Mixing([counts.copy(), new_ngram(BESIDE, symbols)], NEW, symbols)
