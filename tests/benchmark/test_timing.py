"""Jobs are timed in turn, and figures are taken from the right rounds."""

import time
from types import SimpleNamespace

import pytest

from charlm.benchmark.timing import Job, Speed, least_seconds, processor_clock, time_in_turn


def test_jobs_run_in_turn_and_the_first_rounds_do_not_count():
    done = []
    jobs = {name: Job(100, lambda name=name: done.append(name)) for name in ("a", "b")}
    speeds = time_in_turn(jobs, repeats=4, warm_up=2)
    assert done == ["a", "b"] * 6
    assert [len(speeds[name].rounds) for name in jobs] == [4, 4]
    assert speeds["a"].best >= speeds["a"].median > 0


def test_any_clock_can_count_the_seconds():
    ticks = iter([0.0, 2.0, 10.0, 14.0])
    speeds = time_in_turn({"a": Job(8, list)}, repeats=2, warm_up=0, clock=lambda: next(ticks))
    assert speeds["a"].rounds == (4.0, 2.0)


@pytest.mark.parametrize(("resolution", "clock"), [(1e-9, time.process_time), (0.0156, time.perf_counter)])
def test_processor_time_is_counted_where_its_clock_is_fine(monkeypatch, resolution, clock):
    monkeypatch.setattr(time, "get_clock_info", lambda name: SimpleNamespace(resolution=resolution))
    assert processor_clock() is clock


def test_a_ratio_is_taken_round_by_round():
    slow_twice = Speed((10.0, 1.0, 1.0)), Speed((5.0, 0.5, 0.25))
    assert slow_twice[0].over(slow_twice[1]) == 2.0
    assert (slow_twice[0].best, slow_twice[0].median) == (10.0, 1.0)


def test_a_difference_is_taken_round_by_round():
    slow_twice = Speed((10.0, 1.0, 1.0)), Speed((5.0, 0.5, 0.25))
    assert slow_twice[1].seconds_more(slow_twice[0]) == 1.0
    assert slow_twice[0].seconds_more(slow_twice[1]) == -1.0


@pytest.mark.parametrize("repeats", [1, 5])
def test_the_first_call_does_not_count_for_the_least_time(repeats):
    calls = []
    assert least_seconds(lambda: calls.append(0), repeats) > 0
    assert len(calls) == repeats + 1
