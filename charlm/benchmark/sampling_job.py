"""Sampling to be timed: characters drawn and fed back, by charlm and by nn.LSTM called for one character at a time.

Knows no clock but the stopwatch. Shape letters: B streams, V symbols.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from charlm.benchmark.stopwatch import Stopwatch
from charlm.benchmark.timing import Job
from charlm.benchmark.workload import VOCAB_SIZE
from charlm.randomness import sample_stream
from charlm.sampling.loop.generation import GeneratingModel, Model, generate, read
from charlm.sampling.loop.masks import NO_MASKS, Masks
from charlm.sampling.rules.decoding import Decoding

DECODING = Decoding(temperature=0.8)  # the default of `charlm sample`
MODEL, DRAWING = PARTS = ("model", "drawing")


def sampling_job(
    model: Model[Any], streams: int, length: int, decoding: Decoding = DECODING, masks: Masks = NO_MASKS
) -> Job:
    """`length` characters of each stream, all streams together."""

    def sample() -> None:
        random_streams = [sample_stream(1, number) for number in range(streams)]
        for _ in generate(model, read(model, [0]), decoding, length, random_streams, masks=masks):
            pass

    return Job(streams * length, sample)


def time_parts_of_sampling(
    model: Model[Any], streams: int, length: int, decoding: Decoding = DECODING, masks: Masks = NO_MASKS
) -> dict[str, float]:
    """Seconds by part (PARTS): the model, including drawing if the model draws by itself; and all between its calls."""
    stopwatch = Stopwatch()
    timed = _TimedGeneratingModel if isinstance(model, GeneratingModel) else _TimedModel
    job = sampling_job(timed(model, stopwatch), streams, length, decoding, masks)
    job.work()
    stopwatch.start()
    job.work()
    stopwatch.end(DRAWING)
    return {part: stopwatch.seconds[part] for part in PARTS}


class _TimedModel:
    """A model that books the time of its steps."""

    def __init__(self, model: Any, stopwatch: Stopwatch) -> None:
        self._model = model
        self._stopwatch = stopwatch

    def fresh(self, rows: int, /) -> Any:
        return self._model.fresh(rows)

    def step(self, ids: np.ndarray, state: Any, /) -> tuple[np.ndarray, Any]:
        self._stopwatch.end(DRAWING)
        result: tuple[np.ndarray, Any] = self._model.step(ids, state)
        self._stopwatch.end(MODEL)
        return result


class _TimedGeneratingModel(_TimedModel):
    """A model that draws by itself, and books the time of that too."""

    def generate_next(self, *arguments: Any) -> tuple[np.ndarray, np.ndarray, Any]:
        self._stopwatch.end(DRAWING)
        result: tuple[np.ndarray, np.ndarray, Any] = self._model.generate_next(*arguments)
        self._stopwatch.end(MODEL)
        return result


def plain_sampling_job(num_layers: int, hidden_size: int, streams: int, length: int) -> Job:
    """nn.LSTM called for one character at a time, on the CPU, as most scripts sample."""
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
