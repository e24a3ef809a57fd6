"""Sampling to be timed: characters drawn and fed back, by charlm's engine and by nn.LSTM a character at a time.

Shape letters: B streams side by side, V symbols.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from charlm.benchmark.stopwatch import Stopwatch
from charlm.benchmark.timing import Job
from charlm.benchmark.workload import VOCAB_SIZE
from charlm.sampling.decoding import Decoding
from charlm.sampling.generation import Drawing, Model, generate, random_stream, read
from charlm.sampling.side_by_side import generate_rows

DECODING = Decoding(temperature=0.8)  # what `charlm sample` uses when nothing is said
MODEL, DRAWING = PARTS = ("model", "drawing")


def sampling(model: Model[Any], streams: int, length: int) -> Job:
    """So many streams, `length` characters of each."""
    return Job(streams * length, lambda: _one(model, length) if streams == 1 else _many(model, streams, length))


def _one(model: Model[Any], length: int) -> None:
    for _ in generate(model, read(model, [0]), DECODING, length, random_stream(1, 0)):
        pass


def _many(model: Model[Any], streams: int, length: int) -> None:
    numbers = [random_stream(1, number) for number in range(streams)]
    for _ in generate_rows(model, read(model, [0]), DECODING, length, numbers, [lambda _: True] * streams):
        pass


def parts_of_sampling(model: Model[Any], streams: int, length: int) -> dict[str, float]:
    """Seconds by part: the model's step, with the drawing where it does that itself, and all between two of them."""
    stopwatch = Stopwatch()
    watched = _WatchedDrawing(model, stopwatch) if isinstance(model, Drawing) else _Watched(model, stopwatch)
    job = sampling(watched, streams, length)
    job.work()
    stopwatch.start()
    job.work()
    stopwatch.end(DRAWING)
    return {part: stopwatch.seconds[part] for part in PARTS}


class _Watched:
    """A model that books the time of its steps."""

    def __init__(self, model: Any, stopwatch: Stopwatch) -> None:
        self._model = model
        self._laps = stopwatch

    def fresh(self, rows: int, /) -> Any:
        return self._model.fresh(rows)

    def step(self, ids: np.ndarray, state: Any, /) -> tuple[np.ndarray, Any]:
        self._laps.end(DRAWING)
        made: tuple[np.ndarray, Any] = self._model.step(ids, state)
        self._laps.end(MODEL)
        return made


class _WatchedDrawing(_Watched):
    def generate_next(self, *given: Any) -> tuple[np.ndarray, np.ndarray, Any]:
        self._laps.end(DRAWING)
        made: tuple[np.ndarray, np.ndarray, Any] = self._model.generate_next(*given)
        self._laps.end(MODEL)
        return made


def plain_sampling(num_layers: int, hidden_size: int, streams: int, length: int) -> Job:
    """nn.LSTM called for one character at a time, on the CPU: how most scripts sample."""
    import torch
    from torch import nn

    embedding = nn.Embedding(VOCAB_SIZE, hidden_size)
    lstm = nn.LSTM(hidden_size, hidden_size, num_layers)
    head = nn.Linear(hidden_size, VOCAB_SIZE)

    def sample() -> None:
        state, symbol = None, torch.zeros(1, streams, dtype=torch.long)
        with torch.inference_mode():
            for _ in range(length):
                outputs, state = lstm(embedding(symbol), state)
                symbol = torch.multinomial(torch.softmax(head(outputs[-1]) / 0.8, -1), 1).T

    return Job(streams * length, sample)
