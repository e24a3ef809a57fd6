"""What the operating system reports about this machine's processor and about this process. Knows no torch."""

from __future__ import annotations

import math
import os
import platform
import sys
import threading
import time
import uuid
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CONTROL_GROUPS = Path("/sys/fs/cgroup")
WAITING = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}  # environment variables that say how threads of OpenMP wait
CALLS, WORK = 5, bytes(2**18)  # to measure how long it takes to wake a thread
LONG_TO_WAKE = 15e-6  # seconds
SPINS = "3000"  # of OpenMP, some 60 microseconds


def processor_flags() -> frozenset[str]:
    """The processor's features by the names of Linux; empty on other systems."""
    lines = (line for line in _processor_lines() if line.startswith(("flags", "Features")))
    return frozenset(flag for line in lines for flag in line.partition(":")[2].split())


def cores() -> int:
    """The processor cores that this process may use: those of its affinity, and no more than its quota, rounded up."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = processor_quota()
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


@cache  # a quota hardly ever changes while a process runs, and kernels ask for it every few milliseconds
def processor_quota() -> float | None:
    """How many cores' time the control groups of Linux give this process, such as 1.5; None for no limit."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return smallest_quota(lines, CONTROL_GROUPS)


def smallest_quota(lines: list[str], mounted: Path) -> float | None:
    """The smallest quota on the way from this process's control group to the root of the tree that is `mounted`.

    `lines` are those of /proc/self/cgroup. In a container the path may be that of the host, whose folders do not exist
    inside: the root of the tree is then the container's own group.
    """
    quotas = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        trees = (mounted / "cpu", mounted / controllers) if controllers else (mounted, mounted / "unified")
        for tree in trees:
            own = tree / path.strip("/")
            folders = [folder for folder in (own, *own.parents) if folder.is_relative_to(tree)]
            quotas += [quota for folder in folders for quota in _quotas_of(folder)]
    return min(quotas, default=None)


def _quotas_of(folder: Path) -> Iterator[float]:
    """The quota that a control group sets, in the files of either version of control groups."""
    for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            quota, period = " ".join((folder / name).read_text(encoding="utf-8") for name in names).split()
            if quota not in ("max", "-1"):
                yield int(quota) / int(period)
        except (OSError, ValueError, ZeroDivisionError):  # a group without these files sets no quota
            continue


def usable_threads(wanted: int | None = None) -> int:
    """How many threads compute: as many as wanted, otherwise as OMP_NUM_THREADS says; never more than `cores`.

    More threads than cores would only wait for each other. Processes that train together on this machine share its
    cores.
    """
    most = cores()
    return min(wanted or threads_of_environment() or max(1, most // local_processes()), most)


def threads_of_environment() -> int | None:
    """The first number of OMP_NUM_THREADS, which OpenMP and torch obey; None if it is not set, or not a number.

    None also for the 1 that torchrun sets if the user has set nothing: nobody has chosen it.
    """
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    number = int(first) if first.isdecimal() else 0
    return None if number == 0 or (number == 1 and local_processes() > 1) else number


def local_processes() -> int:
    """How many processes of one training torchrun has started on this machine; 1 if it did not start this one."""
    count = os.environ.get("LOCAL_WORLD_SIZE", "").strip()
    return int(count) if "RANK" in os.environ and count.isdecimal() and int(count) else 1


def choose_waiting() -> None:
    """Choose how the threads of OpenMP wait for work, unless the user did. Call before torch is imported.

    By default they spin for milliseconds, and take the processor from the very thread that they wait for if anything
    else runs on the machine. So they sleep. Where it takes long to wake a thread, as in some virtual machines, they
    spin before for about as long as that takes: docs/performance.md has the figures.
    """
    if os.environ.keys() & WAITING:
        return
    if sys.platform == "linux" and cores() > 1 and seconds_to_wake() > LONG_TO_WAKE:
        os.environ["GOMP_SPINCOUNT"] = SPINS
    else:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def seconds_to_wake() -> float:
    """How long a sleeping thread takes to run after it is called, by the median; 0 if there can be no more threads.

    The time is short if the other cores are busy, since a core that is at work need not be woken.
    """
    bell = threading.Lock()
    called, awake = [], []

    def sleep() -> None:
        for _ in range(CALLS):
            bell.acquire()
            awake.append(time.perf_counter())
            heard.set()

    bell.acquire()
    heard = threading.Event()
    try:
        threading.Thread(target=sleep, daemon=True).start()
    except RuntimeError:
        return 0.0
    for _ in range(CALLS):
        time.sleep(2e-4)  # until the other core is idle
        called.append(time.perf_counter())
        bell.release()
        zlib.crc32(WORK)  # this core works on, without the interpreter's lock
        heard.wait()
        heard.clear()
    return sorted(woken - since for since, woken in zip(called, awake, strict=True))[CALLS // 2]


def identity() -> str:
    """What tells this machine, from its start to its end, from all others: locks are seen by all of its processes."""
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:  # not Linux
        started = f"{uuid.getnode():x}"
    return f"{platform.node()} {started}"


def processor_name() -> str:
    """The processor's model, for display."""
    names = (line.partition(":")[2].strip() for line in _processor_lines() if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def peak_memory() -> int | None:
    """The most bytes of memory that this process has occupied; None if the system does not report it."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024  # Linux counts kilobytes


def _processor_lines() -> list[str]:
    """The lines of Linux's /proc/cpuinfo; none on other systems."""
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
