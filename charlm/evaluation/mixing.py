"""Mixtures of predictors of the same vocabulary, which are predictors again. Knows no model and no text.

Linear: the weighted mean of the probabilities. Log-linear: p(x) is proportional to the product of p_i(x)^(w_i) over the
predictors i, where w = u + a[s] are weights u that hold everywhere and what the symbol s that was read last adds to
them. Both are learned while the text is read, each symbol after it was predicted, by the gradient g of its nats,

    g_i  =  ln p_i(x) - sum_y p(y) ln p_i(y)
    u_i     +=  rate / (1 + t / SLOWER) * g_i          t: symbols read so far
    a[s]_i  +=  rate / (1 + n / SLOWER) * g_i          n: those of them that were read after an s

since what predicts best after a space is not what predicts best within a word. The weights need not sum to 1, so with a
single predictor this is a temperature that is fitted while reading. Mahoney's PAQ mixes so (2005), over bits, and
chooses weights by what was read before; here it is over whole distributions.

Shape letters: M predictors, N symbols of a block, V symbols of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import CDLL
from typing import Protocol

import numpy as np

from charlm.evaluation.predicting import Predictor
from charlm.kernels import library

RATE, SLOWER = 0.005, 5000


class Blend(Protocol):
    """How predictions are mixed. A blend that learns belongs to one text."""

    weights: np.ndarray  # (M,)

    def mix(self, every: Sequence[np.ndarray], ids: np.ndarray) -> np.ndarray:
        """M log-probabilities (N, V) of the next ids (N,) of a text -> those of the mixture (N, V)."""
        ...


class Mixture:
    """Predictors that read the same text, mixed."""

    def __init__(self, predictors: Sequence[Predictor], blend: Blend) -> None:
        if len(predictors) != len(blend.weights):
            raise ValueError("a mixture needs a weight for each predictor")
        self._predictors, self._blend = predictors, blend

    def read(self, ids: np.ndarray) -> np.ndarray:
        """As in Predictor."""
        return self._blend.mix([predictor.read(ids) for predictor in self._predictors], ids)


class Linear:
    """The weighted mean of probabilities. Raises ValueError if the weights (M,) are not shares of 1."""

    def __init__(self, weights: Sequence[float]) -> None:
        self.weights = np.array(weights, np.float64)
        if (self.weights < 0).any() or abs(self.weights.sum() - 1) > 1e-9:
            raise ValueError("the weights of a linear mixture must sum to 1, and none may be negative")

    def mix(self, every: Sequence[np.ndarray], ids: np.ndarray) -> np.ndarray:
        """As in Blend."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.weights)
        mixed, *others = (each + log for each, log in zip(every, logs, strict=True))
        for other in others:
            np.logaddexp(mixed, other, out=mixed)
        return np.asarray(mixed)


class LogLinear:
    """The weighted product of probabilities, with weights (M,) to begin with. With a rate of 0 they stay.

    `weights` are those that hold everywhere, without what a symbol adds.
    """

    def __init__(self, weights: Sequence[float], rate: float = RATE) -> None:
        self.weights, self._rate, self._done = np.array(weights, np.float64), rate, 0
        self.added, self._seen = np.zeros((0, len(weights))), np.zeros(0, np.int64)  # by each symbol
        self._last = 0  # before the first symbol, any

    def scores(self, every: Sequence[np.ndarray]) -> np.ndarray:
        """M log-probabilities (V,) -> those of the mixture (V,) but for a constant. Nothing is learned."""
        return np.asarray(sum(weight * each for weight, each in zip(self.weights, every, strict=True)))

    def mix(self, every: Sequence[np.ndarray], ids: np.ndarray) -> np.ndarray:
        """As in Blend. The weights learn."""
        if not len(self.added):
            symbols = every[0].shape[1]
            self.added, self._seen = np.zeros((symbols, len(self.weights))), np.zeros(symbols, np.int64)
        found = library()
        mixed = self.mix_by_definition(every, ids) if found is None else self._mix_fast(found, every, ids)
        self._done += len(ids)
        if len(ids):
            self._last = int(ids[-1])
        return mixed

    def mix_by_definition(self, every: Sequence[np.ndarray], ids: np.ndarray) -> np.ndarray:
        """The same, as the formula says it."""
        together = np.stack(every, axis=1)  # (N, M, V)
        mixed = np.empty_like(every[0])
        last = self._last
        for at, (row, logs, symbol) in enumerate(zip(mixed, together, ids.tolist(), strict=True), self._done):
            scores = (self.weights + self.added[last]) @ logs
            scores -= scores.max()
            p = np.exp(scores)
            total = p.sum()
            np.subtract(scores, np.log(total), out=row)
            gradient = logs[:, symbol] - logs @ p / total
            self.weights = self.weights + self._rate / (1 + at / SLOWER) * gradient
            self.added[last] += self._rate / (1 + self._seen[last] / SLOWER) * gradient
            self._seen[last] += 1
            last = symbol
        return mixed

    def _mix_fast(self, found: CDLL, every: Sequence[np.ndarray], ids: np.ndarray) -> np.ndarray:
        """The same, by the kernel."""
        given = [np.ascontiguousarray(each, np.float64) for each in every]
        length, symbols = given[0].shape
        inside, room, mixed = self._checked(ids, symbols), np.empty(symbols), np.empty((length, symbols))
        addresses = np.array([each.ctypes.data for each in given], np.uint64)
        self.weights = self.weights.copy()
        found.mix_log_linear(
            *(each.ctypes.data for each in (addresses, inside, self.weights, self.added, self._seen)), len(given),
            length, symbols, self._rate, SLOWER, self._done, self._last, room.ctypes.data, mixed.ctypes.data,
        )  # fmt: skip
        return mixed

    def _checked(self, ids: np.ndarray, symbols: int) -> np.ndarray:
        """The ids as the kernel reads them. Another id would have it read anywhere."""
        if len(ids) and (int(ids.min()) < 0 or int(ids.max()) >= symbols):
            raise ValueError(f"an id is not among the {symbols} of the vocabulary")
        return np.ascontiguousarray(ids, np.int64)


def equal_weights(count: int) -> list[float]:
    """Weights that sum to 1."""
    return [1 / count] * count
