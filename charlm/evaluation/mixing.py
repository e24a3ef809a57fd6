"""Mixtures of predictors of the same vocabulary, which are predictors again. Knows no model and no text.

Linear: the weighted mean of the probabilities. Log-linear: p(x) is proportional to the product of p_i(x)^(w_i) over the
predictors i; the weights are learned while the text is read, each symbol after it was predicted, by the gradient of its
nats,

    w_i  +=  rate / (1 + t / SLOWER) * [ ln p_i(x) - sum_y p(y) ln p_i(y) ]        t: symbols read so far

They need not sum to 1, so with a single predictor this is a temperature that is fitted while reading. Mahoney's PAQ
mixes so (2005), over bits; here it is over whole distributions.

Shape letters: M predictors, N symbols of a block, V symbols of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from charlm.evaluation.predicting import Predictor, normalized

RATE, SLOWER = 0.005, 5000


class LinearMixture:
    """The weighted mean of probabilities. The weights (M,) sum to 1; by default they are equal."""

    def __init__(self, predictors: Sequence[Predictor], weights: Sequence[float] | None = None) -> None:
        self._predictors = predictors
        given = np.full(len(predictors), 1 / len(predictors)) if weights is None else np.array(weights, np.float64)
        if given.shape != (len(predictors),) or (given < 0).any() or abs(given.sum() - 1) > 1e-9:
            raise ValueError("the weights of a linear mixture must be one for each predictor, and sum to 1")
        self.weights = given

    def read(self, ids: np.ndarray) -> np.ndarray:
        """As in Predictor."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.weights)
        mixed, *others = (predictor.read(ids) + log for predictor, log in zip(self._predictors, logs, strict=True))
        for other in others:
            np.logaddexp(mixed, other, out=mixed)
        return np.asarray(mixed)


class LogLinearMixture:
    """The weights (M,) that it begins with are equal by default, and sum to 1. With a rate of 0 they stay."""

    def __init__(
        self, predictors: Sequence[Predictor], weights: Sequence[float] | None = None, rate: float = RATE
    ) -> None:
        self._predictors, self._rate, self._done = predictors, rate, 0
        given = np.full(len(predictors), 1 / len(predictors)) if weights is None else np.array(weights, np.float64)
        if given.shape != (len(predictors),):
            raise ValueError("a log-linear mixture needs a weight for each predictor")
        self.weights = given

    def read(self, ids: np.ndarray) -> np.ndarray:
        """As in Predictor."""
        every = np.stack([predictor.read(ids) for predictor in self._predictors], axis=1)  # (N, M, V)
        if not self._rate:
            return normalized(np.einsum("m,nmv->nv", self.weights, every))
        found = np.empty((len(ids), every.shape[-1]))
        weights = self.weights
        for mixed, logs, symbol in zip(found, every, ids.tolist(), strict=True):
            scores = weights @ logs
            scores -= scores.max()
            p = np.exp(scores)
            total = p.sum()
            np.subtract(scores, np.log(total), out=mixed)
            weights = weights + self._rate / (1 + self._done / SLOWER) * (logs[:, symbol] - logs @ p / total)
            self._done += 1
        self.weights = weights
        return found
