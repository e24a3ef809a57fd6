"""Scoring to be timed: the exact score of a text, as `charlm eval perplexity` finds it, and the text as one stream.

The weights are random and so is the text, which costs as much as any other. T time, B rows, V symbols.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from charlm.benchmark.stopwatch import Stopwatch
from charlm.benchmark.timing import Job
from charlm.evaluation.scorers import WindowScorer, target_nats
from charlm.evaluation.scoring import score_stream
from charlm.model.state import State
from charlm.model.stepping import Stepper

MODEL, READING = PARTS = ("model", "reading, comparing")


@dataclass(frozen=True)
class Cost:
    """Seconds by part, and how many characters the model read for each that was scored."""

    parts: dict[str, float]
    readings: float


def scoring(scorer: WindowScorer, ids: np.ndarray) -> Job:
    """The exact score of a text."""
    return Job(ids.size - 1, lambda: score_stream(scorer, ids))


def one_stream(stepper: Stepper, ids: np.ndarray) -> Job:
    """The same figure found in the plain way."""
    return Job(ids.size - 1, lambda: bits_of_one_stream(stepper, ids))


def bits_of_one_stream(stepper: Stepper, ids: np.ndarray) -> float:
    """Bits per character of a text read by one stream, step by step."""
    state, nats = stepper.fresh(1), 0.0
    for now, following in itertools.pairwise(ids):
        rows, state = stepper.step(np.array([now]), state)
        nats += float(target_nats(rows[0].astype(np.float64), following))
    return nats / (ids.size - 1) / math.log(2)


def cost_of_scoring(scorer: WindowScorer, ids: np.ndarray) -> Cost:
    """What a scoring spends its time on."""
    stopwatch = Stopwatch()
    watched = _Watched(scorer, stopwatch)
    score_stream(watched, ids)
    watched.characters = 0
    stopwatch.start()
    score_stream(watched, ids)
    stopwatch.end(READING)
    return Cost({part: stopwatch.seconds[part] for part in PARTS}, watched.characters / (ids.size - 1))


class _Watched:
    """An engine that books the time it takes and the characters it reads."""

    def __init__(self, scorer: WindowScorer, stopwatch: Stopwatch) -> None:
        self._scorer = scorer
        self._laps = stopwatch
        self.characters = 0

    def fresh(self, rows: int) -> State:
        return self._scorer.fresh(rows)

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        self._laps.end(READING)
        made = self._scorer.nats(inputs, targets, state)
        self._laps.end(MODEL)
        self.characters += inputs.size
        return made
