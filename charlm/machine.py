"""What the operating system says of this machine's processor. Knows no torch."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def processor_flags() -> frozenset[str]:
    """What this processor can do, as Linux lists it; empty if it lists nothing."""
    lines = (line for line in _processor_lines() if line.startswith(("flags", "Features")))
    return frozenset(flag for line in lines for flag in line.partition(":")[2].split())


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_name() -> str:
    """The processor's model, for people to read."""
    names = (line.partition(":")[2].strip() for line in _processor_lines() if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _processor_lines() -> list[str]:
    """What Linux says of the processor; nothing on other systems."""
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
