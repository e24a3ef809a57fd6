"""Where the arithmetic is done, and in which precision. Knows no model.

torch is imported inside the functions: reading this file costs nothing.
"""

from __future__ import annotations

import os
import platform
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlm.errors import UsageError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Compute:
    """A device (as torch names it) and a precision that it can do: `fp32`, `bf16` or `fp16`."""

    device: str
    precision: str
    name: str  # for people: the processor or the card
    threads: int

    @property
    def kind(self) -> str:
        """`cpu`, `cuda` or `mps`."""
        return self.device.split(":")[0]

    def autocast(self) -> AbstractContextManager[Any]:
        """Run what is inside in this precision where torch thinks it safe; weights stay float32."""
        import torch

        narrow = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[self.precision]
        return torch.autocast(self.kind, dtype=narrow, enabled=narrow is not None)

    def place(self) -> torch.device:
        """The same as torch's object."""
        import torch

        return torch.device(self.device)


def processor_flags() -> frozenset[str]:
    """What this processor can do, as Linux lists it; empty where nobody says."""
    lines = (line for line in _processor_lines() if line.startswith(("flags", "Features")))
    return frozenset(flag for line in lines for flag in line.partition(":")[2].split())


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_available(device: str) -> bool:
    import torch

    kind, _, index = device.partition(":")
    if kind == "cuda":
        return torch.cuda.is_available() and int(index or 0) < torch.cuda.device_count()
    return kind == "cpu" or torch.backends.mps.is_available()


def _best_device() -> str:
    return next(device for device in ("cuda", "mps", "cpu") if _is_available(device))


def _best_precision(kind: str) -> str:
    """The narrowest precision that the device multiplies natively and that trains without surprises."""
    import torch

    if kind == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if kind == "cpu":
        # oneDNN's bf16 kernels run everywhere, but are faster than float32 only where the processor has them
        return "bf16" if {"avx512_bf16", "amx_bf16"} & processor_flags() else "fp32"
    return "fp32"


def choose(device: str = "auto", precision: str = "auto", threads: int | None = None) -> Compute:
    """Pick the device and precision, and set the number of processor threads.

    Raises UsageError where the device is absent or cannot do the precision.
    """
    import torch

    chosen = _best_device() if device == "auto" else device
    if not _is_available(chosen):
        raise UsageError(
            f"This machine offers no {chosen} to torch {torch.__version__}",
            "--device",
            f"Leave it out, or give --device {_best_device()}.",
        )
    kind = chosen.split(":")[0]
    precision = _best_precision(kind) if precision == "auto" else precision
    if precision == "fp16" and kind != "cuda":
        raise UsageError(f"fp16 training needs a CUDA card, not {kind}", "training.precision", "Use bf16 or fp32.")
    if threads or "OMP_NUM_THREADS" not in os.environ:  # torch obeys that variable, and so do we
        torch.set_num_threads(threads or cores())
    name = torch.cuda.get_device_name(chosen) if kind == "cuda" else _processor_name()
    return Compute(chosen, precision, name, torch.get_num_threads())


def _processor_name() -> str:
    names = (line.partition(":")[2].strip() for line in _processor_lines() if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _processor_lines() -> list[str]:
    """What Linux says of the processor; nothing elsewhere."""
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
