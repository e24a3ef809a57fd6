"""Scoring to be timed: the exact score of a text, as `charlm eval perplexity` computes it, and the text as one stream.

Weights and text are random, which costs the same as any other. Knows no clock but the stopwatch. T time, B rows.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from charlm.benchmark.stopwatch import Stopwatch
from charlm.benchmark.timing import Job
from charlm.evaluation.scorers import WindowScorer
from charlm.evaluation.scoring import score_stream
from charlm.model.probabilities import target_nats
from charlm.model.state import State
from charlm.model.stepping import Stepper

MODEL, READING = PARTS = ("model", "reading, comparing")


@dataclass(frozen=True)
class ScoringCost:
    """Seconds by part (PARTS), and how many characters the model read for each character that was scored."""

    parts: dict[str, float]
    readings: float


def scoring_job(scorer: WindowScorer, ids: np.ndarray) -> Job:
    """The exact score of a text (N,)."""
    return Job(ids.size - 1, lambda: score_stream(scorer, ids))


def one_stream_job(stepper: Stepper, ids: np.ndarray) -> Job:
    """The score of a text (N,) read as one stream."""
    return Job(ids.size - 1, lambda: bits_of_one_stream(stepper, ids))


def bits_of_one_stream(stepper: Stepper, ids: np.ndarray) -> float:
    """Bits per character of a text (N,) read as one stream, step by step."""
    state, nats = stepper.fresh(1), 0.0
    for symbol, following in itertools.pairwise(ids):
        logits, state = stepper.step(np.array([symbol]), state)
        nats += float(target_nats(logits[0].astype(np.float64), following))
    return nats / (ids.size - 1) / math.log(2)


def measure_scoring_cost(scorer: WindowScorer, ids: np.ndarray) -> ScoringCost:
    """Where the time of the exact score of a text (N,) goes."""
    stopwatch = Stopwatch()
    timed = _TimedScorer(scorer, stopwatch)
    score_stream(timed, ids)
    timed.characters = 0
    stopwatch.start()
    score_stream(timed, ids)
    stopwatch.end(READING)
    return ScoringCost({part: stopwatch.seconds[part] for part in PARTS}, timed.characters / (ids.size - 1))


class _TimedScorer:
    """A scorer that books its time and counts the characters that it reads."""

    def __init__(self, scorer: WindowScorer, stopwatch: Stopwatch) -> None:
        self._scorer = scorer
        self._stopwatch = stopwatch
        self.characters = 0

    def fresh(self, rows: int) -> State:
        return self._scorer.fresh(rows)

    def nats(self, inputs: np.ndarray, targets: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        self._stopwatch.end(READING)
        result = self._scorer.nats(inputs, targets, state)
        self._stopwatch.end(MODEL)
        self.characters += inputs.size
        return result
