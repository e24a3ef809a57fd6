"""What is left of a job's speed beside other processes: the rule of fair shares, and real processes."""

from __future__ import annotations

import subprocess

import pytest

from charlm.benchmark import load
from charlm.benchmark.load import Situation, fair_share, load_results
from charlm.benchmark.load_process import LoadJob
from charlm.errors import CharlmError

SMALL = LoadJob("sample", False, "lstm", 1, 16, 4, 8, 20)


@pytest.mark.parametrize(
    ("threads", "busy", "jobs", "cores", "fair"),
    [
        (2, 0, 1, 2, 1),
        (2, 1, 1, 2, 2 / 3),
        (2, 2, 1, 2, 1 / 2),
        (2, 4, 1, 2, 1 / 3),
        (2, 0, 2, 2, 1 / 2),
        (1, 1, 1, 2, 1),  # the other core is free
        (1, 3, 1, 2, 1 / 2),
        (4, 0, 1, 2, 1),  # its own threads share the cores when it is alone, too
        (4, 4, 1, 2, 1 / 2),
    ],
)
def test_a_fair_share_is_what_the_scheduler_gives_to_each_thread(threads, busy, jobs, cores, fair):
    assert fair_share(threads, Situation(busy, jobs), cores) == pytest.approx(fair)


@pytest.mark.parametrize(
    ("work", "situations"),
    [
        pytest.param("train", [Situation(1)], marks=pytest.mark.slow),
        ("sample", [Situation(1), Situation(0, 2)]),
        ("score", [Situation(1)]),
    ],
)
def test_every_job_is_measured_in_processes_of_its_own(work, situations):
    job = LoadJob(work, False, "lstm", 1, 16, 4, 8, 20)
    rows = load_results(job, situations, seconds=0.02, rounds=1, plain=work == "train")
    assert [row["situation"] for row in rows] == ["alone", *(situation.name for situation in situations)]
    assert all(row["median"] > 0 and row["kept"] > 0 and row["of_fair"] > 0 for row in rows)
    assert all(("ratio" in row) is (work == "train") for row in rows)


def test_busy_processes_end_with_the_measurement(monkeypatch):
    started = []

    class Remembered(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(load.subprocess, "Popen", Remembered)
    load_results(SMALL, [Situation(2)], seconds=0.01, rounds=1, plain=False)
    assert len(started) == 3
    assert all(process.returncode is not None for process in started)


def test_a_process_that_fails_is_an_error():
    with pytest.raises(CharlmError, match="ended early"):
        load_results(LoadJob("train", False, "no such cell", 1, 16, 4, 8, 20), [Situation(1)], 0.01, 1, plain=False)
