"""What a device may be called, in settings and after `--device`. Knows no machine: the device may be absent."""

from __future__ import annotations

import re

from charlm.errors import UsageError

# torch allows no leading zero in the number of a GPU, and counts it in eight bits.
DEVICE = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9][0-9]?))?")
NAMES = "auto, cpu, mps, cuda or cuda:1"


def is_device_name(name: str) -> bool:
    """Whether a device may be called so."""
    return DEVICE.fullmatch(name) is not None


def check_device_option(name: str) -> None:
    """For commands whose `--device` is no setting. Raises UsageError if no device may be called so."""
    if not is_device_name(name):
        raise UsageError(f"--device cannot be {name[:40]!r}", "--device", f"Give {NAMES}.")
