"""A stopwatch books every second on the part that it ends."""

import itertools

import pytest

from charlm.benchmark import stopwatch as module
from charlm.benchmark.stopwatch import Stopwatch


@pytest.fixture
def ticking(monkeypatch):
    """A clock that advances by a second each time it is read."""
    ticks = itertools.count()
    monkeypatch.setattr(module.time, "perf_counter", lambda: float(next(ticks)))
    return ticks


def test_time_is_booked_on_the_part_that_ends(ticking):
    stopwatch = Stopwatch()
    for part in ("a", "b", "a"):
        stopwatch.end(part)
        next(ticking)
    assert stopwatch.seconds == {"a": 1 + 2, "b": 2}
    stopwatch.start()
    assert stopwatch.seconds == {}


def test_the_device_finishes_its_work_before_the_clock_is_read(ticking):
    waited = []
    stopwatch = Stopwatch(lambda: waited.append(0))
    stopwatch.end("a")
    assert len(waited) == 2
