"""This machine's processor, as the operating system describes it. Knows no torch."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def processor_flags() -> frozenset[str]:
    """The instruction sets of the processor, such as `avx2`; empty if the system does not list them."""
    lines = (line for line in _processor_lines() if line.startswith(("flags", "Features")))
    return frozenset(flag for line in lines for flag in line.partition(":")[2].split())


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_name() -> str:
    """The processor's model name, for people to read."""
    names = (line.partition(":")[2].strip() for line in _processor_lines() if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _processor_lines() -> list[str]:
    """The lines of /proc/cpuinfo; none on other systems than Linux."""
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
