"""Work that must stay small, counted and not timed: parallel regions, threads, and what waiting threads do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from charlm.benchmark.training_job import training_job
from charlm.config.settings import ModelSettings
from charlm.device import choose_compute
from charlm.engines.derived_kernel import DerivedKernel
from charlm.kernels import library

SETTINGS = ModelSettings(hidden_size=32, num_layers=2)


def test_an_update_has_three_parallel_regions_for_each_layer_and_one_for_the_symbols(monkeypatch):
    if library() is None:
        pytest.skip("the kernels are not compiled here")
    calls = []
    real = DerivedKernel._run

    def counted(kernel, name, job):
        calls.append(name.split("_")[2] if name.endswith("_rows") else name)
        real(kernel, name, job)

    monkeypatch.setattr(DerivedKernel, "_run", counted)
    job = training_job(SETTINGS, 8, 16, choose_compute("cpu", "fp32"))
    job.work()
    calls.clear()
    job.work()
    assert sorted(calls) == ["backward"] * 2 + ["cell_pack"] * 2 + ["forward"] * 2 + ["gather"]


PROGRAM = """
import os, time, sys
from charlm.benchmark.training_job import training_job
from charlm.config.settings import ModelSettings
from charlm.device import choose_compute
tasks = lambda: len(os.listdir("/proc/self/task"))
compute = choose_compute("cpu", "fp32")
job = training_job(ModelSettings(hidden_size=32, num_layers=2), 4, 8, compute)
for _ in range(3): job.work()
before = tasks()
for _ in range(20): job.work()
after = tasks()
time.sleep(0.05)
start = time.process_time()
time.sleep(0.5)
print(before, after, compute.threads, time.process_time() - start)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="this system does not list the threads of a process")
def test_updates_start_no_threads_and_waiting_threads_sleep():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, after, threads, waited = done.stdout.split()
    assert before == after
    # OpenMP's threads, those of autograd, and the few that torch and numpy start when they are imported
    assert int(after) <= 4 * int(threads) + 4
    assert float(waited) < 0.25  # of half a second: threads that spin would take all of it
