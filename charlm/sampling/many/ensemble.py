"""Several models as one: the mean of their probabilities at each step. Knows no model by name, no files.

Shape letters: B rows, V symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from charlm.model.probabilities import log_softmax
from charlm.sampling.loop.generation import Model


class Ensemble:
    """A `Model` of models with the same vocabulary. Its state is all of theirs; its logits are log-probabilities."""

    def __init__(self, models: Sequence[Model[Any]]) -> None:
        self._models = models
        self._parts = np.cumsum([len(model.fresh(1)) for model in models])
        self.batch_invariant = all(getattr(model, "batch_invariant", False) for model in models)

    def fresh(self, rows: int, /) -> Any:
        """The state before the first symbol."""
        return tuple(part for model in self._models for part in model.fresh(rows))

    def step(self, ids: np.ndarray[Any, Any], state: Any, /) -> tuple[np.ndarray[Any, Any], Any]:
        """ids (B,) and the state before them -> the logarithms (B, V) of the mean probabilities, and the state then."""
        logs: list[np.ndarray[Any, Any]] = []
        after: list[Any] = []
        for model, end in zip(self._models, self._parts, strict=True):
            logits, own = model.step(ids, state[len(after) : end])
            logs.append(log_softmax(logits))
            after += own
        return np.logaddexp.reduce(logs, axis=0) - np.log(len(logs)), tuple(after)


def together(models: Sequence[Model[Any]]) -> Model[Any]:
    """One model of them all."""
    return models[0] if len(models) == 1 else Ensemble(models)
