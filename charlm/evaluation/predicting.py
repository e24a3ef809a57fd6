"""What reads one text in order and predicts it, symbol by symbol: a model, an n-gram, a mixture. Knows no files.

A text may be read in blocks of any length; the predictions are the same. Shape letters: N symbols of a block, T time,
V symbols of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from charlm.engines.choosing import run_with_numpy
from charlm.kernels.blas import one_blas_thread
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import log_softmax
from charlm.model.state import State

WINDOW = 1024  # symbols that a model reads in one call
BLOCK = 2048  # symbols that are predicted at a time: their distributions are in memory together


class Predictor(Protocol):
    """Reads a text from its beginning. Once it has read a symbol, it remembers it, and may learn from it."""

    def read(self, ids: np.ndarray) -> np.ndarray:
        """Read the next symbols of the text, ids (N,) -> their log-probabilities (N, V), float64, in nats.

        Row i is the distribution of the symbol at i, given everything that was read before it, and not it.
        """
        ...


class ModelPredictor:
    """A model that reads a text as one stream, with the state carried over. It is what `scoring` computes in lanes.

    Before it has read anything, every symbol is equally likely, and a score leaves the first one out. With `end`, the
    text has records, each ended by this id: each is read from a fresh state after the end of another one.
    """

    def __init__(self, model: LanguageModel, end: int | None = None) -> None:
        self._model, self._end = model, end
        self._next, self._state = self._beginning = self._begin()

    def read(self, ids: np.ndarray) -> np.ndarray:
        """As in Predictor."""
        found = np.empty((len(ids), self._model.vocab_size))
        for start, stop in self._windows(ids):
            logits, state = self._forward(ids[start:stop], self._state)
            found[start] = self._next
            found[start + 1 : stop] = logits[:-1]
            self._next, self._state = logits[-1], state
            if ids[stop - 1] == self._end:
                self._next, self._state = self._beginning
        return found

    def _begin(self) -> tuple[np.ndarray, State]:
        state = self._model.fresh_state(1)
        if self._end is None:
            return np.full(self._model.vocab_size, -np.log(self._model.vocab_size)), state
        logits, state = self._forward(np.array([self._end]), state)
        return logits[-1], state

    def _forward(self, ids: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """ids (T,) -> the log-probabilities (T, V) of the symbol after each, and the state."""
        with one_blas_thread():
            logits, state = self._model.forward(ids.astype(np.int64)[:, None], state, run_with_numpy)
        return log_softmax(logits[:, 0]), state

    def _windows(self, ids: np.ndarray) -> Iterator[tuple[int, int]]:
        """Start and end of what is read in one call: it is at most WINDOW long, and no record ends inside."""
        ends = np.flatnonzero(ids == self._end) + 1 if self._end is not None else np.zeros(0, int)
        start = 0
        for stop in [*ends.tolist(), len(ids)]:
            for at in range(start, stop, WINDOW):
                yield at, min(at + WINDOW, stop)
            start = stop


def read_nats(predictor: Predictor, ids: np.ndarray, tell: Callable[[np.ndarray], object] | None = None) -> np.ndarray:
    """The nats (N,) of all ids (N,) of a text, or of the next part of one. `tell` is given those found so far."""
    nats = np.empty(len(ids))
    for start in range(0, len(ids), BLOCK):
        block = ids[start : start + BLOCK].astype(np.int64)
        nats[start : start + BLOCK] = -predictor.read(block)[np.arange(len(block)), block]
        if tell is not None:
            tell(nats[: start + len(block)])
    return nats


def in_order(ids: np.ndarray, end: int) -> np.ndarray:
    """Ids of records, each ended by `end`: blank records are left out, and the last has its end."""
    is_end = np.append(ids == end, False)
    kept = ids[~(is_end[:-1] & np.append(True, is_end[:-2]))] if len(ids) else ids
    return kept if not len(kept) or kept[-1] == end else np.append(kept, np.array(end, ids.dtype))
