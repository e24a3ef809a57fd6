"""What the operating system reports about this machine's processor and about this process. Knows no torch."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path


def processor_flags() -> frozenset[str]:
    """The processor's features by the names of Linux; empty on other systems."""
    lines = (line for line in _processor_lines() if line.startswith(("flags", "Features")))
    return frozenset(flag for line in lines for flag in line.partition(":")[2].split())


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def wait_passively() -> None:
    """Let the threads of OpenMP sleep while they wait, unless the user chose otherwise. Call before torch is imported.

    By default they spin for milliseconds, and take the processor from the very thread that they wait for if anything
    else runs on the machine: docs/performance.md has the figures.
    """
    if "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


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
