"""Windows of text as tensors on the device that trains: cut there from ids that lie there, or copied from the host.

Both give what the Reader gives, to the last id. Knows no model. Shape letters: T time, B rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from charlm.device import Compute
from charlm.text.lanes import NO_TARGET, Lanes, Reader

SHARE = 0.25  # of the card's free memory, that a text may take


@dataclass(frozen=True, eq=False)
class DeviceBatch:
    """Inputs and targets (T, B) int64 on the device; reset (B,) float32, 1 for lanes that start fresh, or None where
    none does; characters: the targets that are there."""

    inputs: Tensor
    targets: Tensor
    reset: Tensor | None
    characters: int


class Batches(Protocol):
    def at(self, position: int) -> DeviceBatch:
        """The window at a position of the reader."""
        ...


class HostBatches:
    """Windows as the reader cuts them, copied."""

    def __init__(self, reader: Reader, device: torch.device) -> None:
        self._reader = reader
        self._device = device

    def at(self, position: int) -> DeviceBatch:
        batch = self._reader.at(position)
        reset = torch.from_numpy(batch.reset.astype(np.float32)).to(self._device) if batch.reset.any() else None
        return DeviceBatch(
            torch.from_numpy(batch.inputs).to(self._device),
            torch.from_numpy(batch.targets).to(self._device),
            reset,
            int((batch.targets != NO_TARGET).sum()),
        )


class DeviceBatches:
    """Windows of Lanes, cut from a copy of the text on the device."""

    def __init__(self, lanes: Lanes, device: torch.device) -> None:
        self._lanes = lanes
        # torch has only signed integers: the device holds the bits of wide ids, and `_take` masks them back
        dtype = lanes.ids.dtype
        signed = dtype if dtype.kind == "i" or dtype.itemsize == 1 else np.dtype(f"i{dtype.itemsize}")
        bits = np.array(lanes.ids, dtype.newbyteorder("="))  # a copy of its own: a text can be a file that is mapped
        self._ids = torch.from_numpy(bits.view(signed)).to(device)
        self._mask = (1 << 8 * dtype.itemsize) - 1 if dtype != signed else -1
        self._bounds = torch.from_numpy(lanes.bounds).to(device)
        self._lane_numbers = torch.arange(lanes.batch_size, device=device)

    def at(self, position: int) -> DeviceBatch:
        epoch, first, end = self._lanes.span(position)
        device = self._bounds.device
        segments = (self._lane_numbers + epoch) % self._lanes.batch_size
        wanted = self._bounds[segments] + torch.arange(first, end, device=device)[:, None]
        last = self._bounds[segments + 1] - 1
        at = torch.minimum(wanted, last)
        targets = self._take(at + 1).masked_fill(wanted > last, NO_TARGET)
        reset = None
        if first == 0:
            reset = torch.ones_like(segments) if epoch == 0 else segments == 0
        characters = self._lanes.characters_before(position + 1) - self._lanes.characters_before(position)
        return DeviceBatch(self._take(at), targets, None if reset is None else reset.float(), characters)

    def _take(self, at: Tensor) -> Tensor:
        return self._ids[at].long() & self._mask


def open_batches(reader: Reader, compute: Compute) -> Batches:
    """From the device where it is a CUDA card with room for the text, otherwise from the host."""
    if compute.device_type == "cuda" and isinstance(reader, Lanes) and fits(reader.ids, _free(compute)):
        return DeviceBatches(reader, compute.torch_device())
    return HostBatches(reader, compute.torch_device())


def fits(ids: npt.NDArray[Any], free: int) -> bool:
    """Whether ids may lie in memory of which so many bytes are free."""
    return ids.nbytes <= SHARE * free


def _free(compute: Compute) -> int:
    return int(torch.cuda.mem_get_info(compute.torch_device())[0])
