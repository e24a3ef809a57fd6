"""The device that computes, and its precision: what exists, what it can do, what is chosen. Knows no model.

torch is imported inside the functions, so that importing this file is quick.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charlm.errors import UsageError
from charlm.machine import (
    choose_waiting,
    cores,
    local_processes,
    processor_flags,
    processor_name,
    threads_of_environment,
    usable_threads,
)

if TYPE_CHECKING:
    import torch


PRECISIONS = ("fp32", "bf16", "fp16")


@dataclass(frozen=True)
class Compute:
    """A device, as torch names it, and a precision that it supports: `fp32`, `bf16` or `fp16`."""

    device: str
    precision: str
    name: str  # of the processor or the GPU, for people to read
    threads: int
    notes: tuple[str, ...] = ()  # what the user should know about the choice

    @property
    def device_type(self) -> str:
        """`cpu`, `cuda` or `mps`."""
        return self.device.split(":")[0]

    def autocast(self) -> AbstractContextManager[Any]:
        """torch's autocast to this precision; does nothing for fp32. Weights stay float32."""
        import torch

        dtype = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[self.precision]
        return torch.autocast(self.device_type, dtype=dtype, enabled=dtype is not None)

    @contextmanager
    def allow_tf32(self) -> Iterator[None]:
        """Allow tf32 in float32 matrix products on a GPU: for training, not for scores.

        It must enclose the backward pass too, unlike `autocast`, which encloses the forward pass only.
        """
        import torch

        if self.device_type != "cuda" or self.precision != "fp32":
            yield
            return
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("high")
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)

    def torch_device(self) -> torch.device:
        """The device as torch's object."""
        import torch

        return torch.device(self.device)


def _is_available(device: str) -> bool:
    import torch

    device_type, _, index = device.partition(":")
    if device_type == "cuda":
        return torch.cuda.is_available() and int(index or 0) < torch.cuda.device_count()
    return device_type == "cpu" or torch.backends.mps.is_available()


def _best_device() -> str:
    return next(device for device in ("cuda", "mps", "cpu") if _is_available(device))


def best_precision(device_type: str, bf16: bool) -> str:
    """The fastest precision that the device multiplies natively; `bf16` says whether that is one.

    A GPU without bf16 computes in fp16, which needs loss scaling. On one with bf16, fp16 is no faster (an H100;
    docs/performance.md).
    """
    return "bf16" if bf16 else "fp16" if device_type == "cuda" else "fp32"


def multiplies_bf16(device: str) -> bool:
    """Whether a device that exists on this machine multiplies bf16 natively, and faster than float32."""
    import torch

    device_type = device.split(":")[0]
    if device_type == "cpu":  # bf16 can be computed everywhere, but is faster only with these instructions
        return bool({"avx512_bf16", "amx_bf16"} & processor_flags())
    if device_type != "cuda":
        return False
    return torch.version.hip is not None or torch.cuda.get_device_properties(device).major >= 8


def choose_compute(device: str = "auto", precision: str = "auto", threads: int | None = None) -> Compute:
    """Choose the device and the precision, `auto` being the best, and set torch's number of threads.

    Raises UsageError if the device is absent or does not support the precision.
    """
    choose_waiting()
    import torch

    chosen = _best_device() if device == "auto" else device
    if local_processes() > 1:
        chosen = own_gpu(chosen)
    if not _is_available(chosen):
        raise UsageError(
            f"torch {torch.__version__} finds no device {chosen} on this machine",
            "--device",
            f"Leave it out, or give --device {_best_device()}.",
        )
    if precision not in ("auto", *PRECISIONS):
        names = ", ".join(PRECISIONS)
        raise UsageError(f"There is no precision {precision[:40]}", "--precision", f"Use auto, {names}.")
    device_type = chosen.split(":")[0]
    if precision == "auto":
        precision = best_precision(device_type, multiplies_bf16(chosen))
    if precision == "fp16" and device_type != "cuda":
        raise UsageError(
            f"fp16 training needs a CUDA GPU, not {device_type}", "training.precision", "Use bf16 or fp32."
        )
    torch.set_num_threads(usable_threads(threads))
    if local_processes() > 1 and device_type == "cuda":
        torch.cuda.set_device(chosen)  # NCCL would take the first GPU in every process
    name = torch.cuda.get_device_name(chosen) if device_type == "cuda" else processor_name()
    notes = (*thread_notes(threads), *precision_notes(device_type, precision))
    return Compute(chosen, precision, name, torch.get_num_threads(), notes)


def own_gpu(device: str) -> str:
    """The GPU of this process, if several train together on this machine: each has one of its own.

    Raises UsageError if there are too few, or if one is named that all would share.
    """
    import torch

    device_type, _, index = device.partition(":")
    if device_type != "cuda":
        return device
    processes, gpus = local_processes(), torch.cuda.device_count()
    if gpus and (index or processes > gpus):
        raise UsageError(
            f"{processes} processes on this machine need a GPU each; "
            + (f"{device} is one" if index else f"GPUs here: {gpus}"),
            f"training.device={device}",
            f"Give --device cuda, and start at most {gpus} processes here (torchrun --nproc-per-node); "
            "or give --device cpu.",
        )
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"


def thread_notes(wanted: int | None) -> tuple[str, ...]:
    """A note if more threads were asked for than this process has cores, or if several processes share them."""
    if local_processes() > 1 and not (wanted or threads_of_environment()):
        each, count = usable_threads(), cores()
        return (
            f"{local_processes()} processes share {count} core{'s' * (count > 1)}: each has {each} "
            f"thread{'s' * (each > 1)}; -s training.threads=N gives another number",
        )
    asked, source = (wanted, "training.threads") if wanted else (threads_of_environment(), "OMP_NUM_THREADS")
    if not asked or asked <= cores():
        return ()
    count = cores()
    return (f"{source}={asked}: this process may use {count} core{'s' * (count > 1)}, so {count} compute",)


def precision_notes(device_type: str, precision: str) -> tuple[str, ...]:
    """A note on a precision that is slow here; none if the processor does not list its flags.

    Every processor can compute in bf16, by rounding between float32 instructions.
    """
    flags = processor_flags() if device_type == "cpu" and precision == "bf16" else ()
    if not flags or any("bf16" in flag for flag in flags):
        return ()
    return ("this processor has no bf16 instructions: training.precision=bf16 is slower here than fp32",)
