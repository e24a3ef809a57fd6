"""The nats of each character of a text, and what the model thought likeliest in its place. Knows no files.

Scoring (scoring.py) reads ids and adds up nats. Here it reads places in the text: the scorer looks the ids up, and
keeps for each place what else it computes there. A lane that is read again overwrites what its first reading kept.

Shape letters: N ids of the text, T time, B rows, V symbols, K likeliest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.engines.choosing import run_with_numpy
from charlm.kernels.blas import one_blas_thread
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import log_totals, nats_under
from charlm.model.state import State
from charlm.text.lanes import NO_TARGET

KEPT = 5


@dataclass(frozen=True, eq=False)
class Likeliest:
    """ids (N, K), the likeliest first, and the natural logarithms of their probabilities (N, K)."""

    ids: npt.NDArray[np.integer[Any]]
    logs: npt.NDArray[np.float32]


class PlaceScorer:
    """A WindowScorer whose inputs and targets are places in `ids` (N,); it fills `likeliest`."""

    def __init__(self, model: LanguageModel, ids: npt.NDArray[np.integer[Any]]) -> None:
        """The parameters are numpy arrays."""
        self._model, self._ids = model, ids
        kept = min(KEPT, model.vocab_size)
        dtype = np.min_scalar_type(model.vocab_size - 1)
        self.likeliest = Likeliest(np.zeros((len(ids), kept), dtype), np.zeros((len(ids), kept), np.float32))

    def fresh(self, rows: int) -> State:
        return self._model.fresh_state(rows)

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        with one_blas_thread():
            logits, state = self._model.forward(self._ids[inputs].astype(np.int64), state, run_with_numpy)
        there = targets != NO_TARGET
        found = np.zeros(targets.shape)
        if there.any():
            chosen, wanted = logits[there], self._ids[targets[there]].astype(np.int64)
            totals = log_totals(chosen)
            found[there] = nats_under(chosen, totals, wanted)
            self._keep(targets[there], chosen, totals)
        return found, state

    def _keep(self, places: np.ndarray, logits: np.ndarray, totals: np.ndarray) -> None:
        """Keep the likeliest of logits (P, V) with their `log_totals` (P,) at places (P,)."""
        kept = self.likeliest.ids.shape[1]
        ids = np.argpartition(logits, logits.shape[-1] - kept, axis=-1)[:, -kept:]
        order = np.argsort(-np.take_along_axis(logits, ids, axis=-1), axis=-1, kind="stable")
        ids = np.take_along_axis(ids, order, axis=-1)
        self.likeliest.ids[places] = ids
        self.likeliest.logs[places] = np.take_along_axis(logits, ids, axis=-1) - totals[:, None]
