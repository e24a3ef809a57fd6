"""What the operating system reports about the machine and the process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading

import pytest

from charlm import machine
from charlm.machine import peak_memory


def test_the_peak_of_memory_is_in_bytes_and_includes_what_is_held():
    held = bytearray(b"x") * 2**26
    peak = peak_memory()
    assert peak is None or len(held) <= peak < 2**26 * 1024


@pytest.mark.parametrize(
    ("given", "cores", "seconds", "found"),
    [
        ({}, 2, 5e-6, {"OMP_WAIT_POLICY": "PASSIVE"}),
        ({}, 2, 30e-6, {"GOMP_SPINCOUNT": "3000"}),
        ({}, 1, 30e-6, {"OMP_WAIT_POLICY": "PASSIVE"}),
        ({"GOMP_SPINCOUNT": "7"}, 2, 30e-6, {"GOMP_SPINCOUNT": "7"}),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, 2, 5e-6, {"OMP_WAIT_POLICY": "ACTIVE"}),
    ],
)
def test_threads_spin_only_where_it_takes_long_to_wake_them(monkeypatch, given, cores, seconds, found):
    monkeypatch.setattr(machine, "cores", lambda: cores)
    monkeypatch.setattr(machine, "seconds_to_wake", lambda: seconds)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "environ", dict(given))
    machine.choose_waiting()
    assert os.environ == found
    machine.choose_waiting()
    assert os.environ == found


def test_the_time_to_wake_a_thread_is_measured_and_no_thread_is_left():
    before = threading.active_count()
    assert all(0 < machine.seconds_to_wake() < 1 for _ in range(3))
    assert threading.active_count() <= before + 1  # the last may be about to end


def test_without_another_thread_none_is_woken(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert machine.seconds_to_wake() == 0


@pytest.fixture(scope="module")
def on_one_core():
    """What a process says that computes on one core, where that can be arranged, and what torch's OpenMP says there."""
    code = (
        "import os; hasattr(os, 'sched_setaffinity') and os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from charlm.device import choose_compute; print(choose_compute('cpu').threads)"
    )
    settings = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS")
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    environment["OMP_DISPLAY_ENV"] = "verbose"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)


def test_the_policy_is_set_before_torch_reads_it(on_one_core):
    if "GOMP_SPINCOUNT" not in on_one_core.stderr:
        pytest.skip("torch does not use GNU's OpenMP here")
    assert re.search(r"GOMP_SPINCOUNT = '0'", on_one_core.stderr), on_one_core.stderr


def write_group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("_", ".", 1)).write_text(content)


def test_the_quota_of_version_2_is_the_smallest_on_the_way_to_the_root(tmp_path):
    write_group(tmp_path, cpu_max="max 100000\n")
    write_group(tmp_path / "user", cpu_max="150000 100000\n")
    write_group(tmp_path / "user" / "job", cpu_max="max 100000\n")
    write_group(tmp_path / "other", cpu_max="10000 100000\n")
    assert machine.smallest_quota(["0::/user/job"], tmp_path) == 1.5
    assert machine.smallest_quota(["0::/"], tmp_path) is None


def test_the_quota_of_version_1_is_read_from_the_tree_of_its_controller(tmp_path):
    write_group(tmp_path / "cpu" / "job", cpu_cfs_quota_us="50000\n", cpu_cfs_period_us="100000\n")
    write_group(tmp_path / "memory" / "job", cpu_cfs_quota_us="1\n", cpu_cfs_period_us="100000\n")
    write_group(tmp_path / "cpu,cpuacct" / "both", cpu_cfs_quota_us="-1\n", cpu_cfs_period_us="100000\n")
    assert machine.smallest_quota(["4:memory:/job", "3:cpu:/job", "0::/"], tmp_path) == 0.5
    assert machine.smallest_quota(["3:cpu,cpuacct:/both"], tmp_path) is None


def test_inside_a_container_the_root_is_its_own_group(tmp_path):
    write_group(tmp_path, cpu_max="250000 100000\n")
    assert machine.smallest_quota(["0::/docker/0123abc"], tmp_path) == 2.5


@pytest.mark.parametrize("content", ["", "soon\n", "100000 0\n", "1 2 3\n"])
def test_files_that_are_no_quota_set_none(tmp_path, content):
    write_group(tmp_path, cpu_max=content)
    assert machine.smallest_quota(["0::/"], tmp_path) is None


@pytest.mark.parametrize(
    ("allowed", "quota", "cores"), [(64, 0.5, 1), (64, 1.5, 2), (64, None, 64), (2, 8.0, 2), (1, 0.1, 1)]
)
def test_cores_are_those_of_the_affinity_within_the_quota(monkeypatch, allowed, quota, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(allowed)), raising=False)
    monkeypatch.setattr(machine, "processor_quota", lambda: quota)
    assert machine.cores() == cores


def test_one_core_computes_with_one_thread(on_one_core):
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system has no affinity of processes")
    assert on_one_core.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("given", "threads"),
    [
        ({}, 4),  # a process that is alone has all cores
        ({"OMP_NUM_THREADS": "1"}, 1),
        ({"RANK": "0", "LOCAL_WORLD_SIZE": "2"}, 2),
        ({"RANK": "0", "LOCAL_WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}, 2),  # torchrun's, which nobody chose
        ({"RANK": "0", "LOCAL_WORLD_SIZE": "2", "OMP_NUM_THREADS": "3"}, 3),
        ({"RANK": "0", "LOCAL_WORLD_SIZE": "8"}, 1),
        ({"LOCAL_WORLD_SIZE": "2"}, 4),
    ],
)
def test_processes_that_train_together_share_the_cores(monkeypatch, given, threads):
    for name in ("OMP_NUM_THREADS", "RANK", "LOCAL_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(machine, "cores", lambda: 4)
    assert machine.usable_threads() == threads
    assert machine.usable_threads(3) == 3
