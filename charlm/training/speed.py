"""How fast a model of any kind trains here: a few real updates of a task, timed. Knows no files and no terminal."""

from __future__ import annotations

import time
from dataclasses import dataclass

from charlm.training.task import Task

RATE = 1e-3  # of the timed updates, whose weights are thrown away
MOST_UPDATES = 8
FEWEST = 2  # the first update is never the fastest


@dataclass(frozen=True)
class Speed:
    """Characters that are learned a second, and the seconds that it took to find out."""

    characters_per_second: float
    seconds: float


def measure_speed(task: Task, seconds: float = 5.0) -> Speed:
    """The speed of updates of this task: the best of a few.

    After this many seconds, two updates are enough. The best counts, since other programs may use the machine too.
    """
    trainee = task.begin()
    began = time.perf_counter()  # what is built above, any training builds before its clock starts
    speeds: list[float] = []
    while len(speeds) < MOST_UPDATES and (len(speeds) < FEWEST or time.perf_counter() - began < seconds):
        before = time.perf_counter()
        result = trainee.update(len(speeds), RATE, 0.0)
        speeds.append(result.characters / (time.perf_counter() - before))
    return Speed(max(speeds), time.perf_counter() - began)
