"""A prediction that is mixed with those of n-grams that count what is coded. Knows no coder and no model.

The n-grams are those of evaluation/beside_model.py. One begins with the counts of the training text, if encoder and
decoder have it; then a second one counts the coded text alone.

Shape letters: B rows, M predictors, V symbols.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from charlm.baselines.ngram import NGram
from charlm.compression.elementary import Floats
from charlm.compression.forecasting import Forecast
from charlm.compression.row_mixture import RowMixture

MOST_COUNTED = 2**22  # symbols; n-grams count no further ones, so that memory is bounded


class Mixing:
    """What a mixture has learned from a text, from block to block: counts and weights."""

    def __init__(self, ngrams: Sequence[NGram], weights: Sequence[float], symbols: int) -> None:
        self.ngrams, self.mixture, self.left = ngrams, RowMixture(weights, symbols), MOST_COUNTED

    def begin(self, forecast: Forecast, rows: int) -> MixedForecast:
        """The forecast before the first symbol of each row."""
        return MixedForecast(self, forecast, rows)


class MixedForecast:
    """A Forecast, mixed with n-grams that count what is read."""

    probabilities: Floats
    _logs: Floats  # (M, B, V), of the predictions that are mixed

    def __init__(self, mixing: Mixing, forecast: Forecast, rows: int) -> None:
        self._mixing, self._forecast = mixing, forecast
        self._places = [ngram.side_by_side(rows, counting=True) for ngram in mixing.ngrams]
        self._last = np.zeros(rows, np.int64)  # before the first symbol, any
        self._look(np.full(rows, -1))

    def advance(self, ids: npt.NDArray[np.int64]) -> None:
        """As in Forecast."""
        read = np.flatnonzero(ids >= 0)
        if len(read):
            self._mixing.mixture.learn(self._logs[:, read], self.probabilities[read], self._last[read], ids[read])
            self._last[read] = ids[read]
            self._forecast.advance(ids)
            self._look(ids)
            self._mixing.left -= len(read)

    def keep(self, rows: int) -> None:
        """As in Forecast."""
        self._forecast.keep(rows)
        for places in self._places:
            places.keep(rows)
        self._last, self._logs, self.probabilities = self._last[:rows], self._logs[:, :rows], self.probabilities[:rows]

    def _look(self, ids: npt.NDArray[np.int64]) -> None:
        every = [self._forecast.probabilities]
        for places in self._places:
            places.counting = self._mixing.left > 0
            every.append(places.step(ids))
        self._logs = np.log(np.stack(every))
        self.probabilities = self._mixing.mixture.mix(self._logs, self._last)
