"""Jobs timed in turn. Knows no model, and not what the jobs do."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

WARM_UP = 3
REPEATS = 7
COARSEST = 1e-5  # seconds between two ticks of a clock that is fine enough for a timing

Clock = Callable[[], float]  # seconds


@dataclass(frozen=True)
class Job:
    """Work to be timed repeatedly, and how many characters it processes each time."""

    characters: int
    work: Callable[[], object]


@dataclass(frozen=True)
class Speed:
    """Characters per second in each round of timing."""

    rounds: tuple[float, ...]

    @property
    def best(self) -> float:
        return max(self.rounds)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def over(self, other: Speed) -> float:
        """How many times as fast as the other: the median of the ratios by round."""
        return statistics.median(self.ratios(other))

    def ratios(self, other: Speed) -> list[float]:
        """How many times as fast as the other in each round, as both were timed in turn."""
        return [own / others for own, others in zip(self.rounds, other.rounds, strict=True)]

    def seconds_more(self, other: Speed) -> float:
        """How many seconds more than the other a character takes: the median of the differences by round."""
        return statistics.median(1 / own - 1 / others for own, others in zip(self.rounds, other.rounds, strict=True))


def processor_clock() -> Clock:
    """Processor time of this process, which stops while others compute; time itself where that clock ticks rarely."""
    fine = time.get_clock_info("process_time").resolution <= COARSEST
    return time.process_time if fine else time.perf_counter


def time_in_turn(
    jobs: Mapping[str, Job], repeats: int = REPEATS, warm_up: int = WARM_UP, clock: Clock = time.perf_counter
) -> dict[str, Speed]:
    """Time the jobs in turn, round after round, so that a slow minute of the machine is slow for all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(warm_up + repeats):
        for name, job in jobs.items():
            taken = _seconds(job.work, clock)
            if number >= warm_up:
                seconds[name].append(taken)
    return {name: Speed(tuple(jobs[name].characters / each for each in rounds)) for name, rounds in seconds.items()}


def least_seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The shortest of several times, after one that does not count: what the machine can do undisturbed."""
    work()
    return min(_seconds(work) for _ in range(repeats))


def _seconds(work: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    began = clock()
    work()
    return clock() - began
