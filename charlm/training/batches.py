"""Windows of text as tensors on the training device: cut there from a copy of the text, or copied from the host.

Both give the same ids as the Reader, of the lanes that this process has. Knows no model. Shape letters: T time, B
rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from charlm.device import Compute
from charlm.processes.lanes import LaneShare, whole
from charlm.text.lanes import NO_TARGET, Lanes, Reader

TEXT_SHARE = 0.25  # share of the free GPU memory that a text may take


@dataclass(frozen=True, eq=False)
class TensorBatch:
    """Inputs and targets (T, B), int64, on the device. `reset` (B,), float32, is 1 for lanes that start from a fresh
    state; None if there are none. `characters` is the number of targets of all lanes of the window, also of those of
    other processes, padding left out."""

    inputs: Tensor
    targets: Tensor
    reset: Tensor | None
    characters: int

    def of_rows(self, rows: slice) -> TensorBatch:
        """Some of its lanes."""
        reset = None if self.reset is None else self.reset[rows]
        return TensorBatch(self.inputs[:, rows], self.targets[:, rows], reset, self.characters)


class Batches(Protocol):
    """The windows of a reader as tensors on one device."""

    def at(self, position: int) -> TensorBatch:
        """The window at this position of the reader."""
        ...


class HostBatches:
    """Windows that the reader cuts on the host, copied to the device one by one."""

    def __init__(self, reader: Reader, device: torch.device, lanes: LaneShare | None = None) -> None:
        self._reader = reader
        self._device = device
        self._rows = (lanes or whole(reader.batch_size)).rows

    def at(self, position: int) -> TensorBatch:
        batch = self._reader.at(position)
        reset = batch.reset[self._rows].astype(np.float32) if batch.reset.any() else None
        return TensorBatch(
            self._on_device(batch.inputs),
            self._on_device(batch.targets),
            None if reset is None else torch.from_numpy(reset).to(self._device),
            int((batch.targets != NO_TARGET).sum()),
        )

    def _on_device(self, ids: npt.NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(ids[:, self._rows])).to(self._device)


class DeviceBatches:
    """Windows of Lanes, cut on the device from a copy of the text there."""

    def __init__(self, lanes: Lanes, device: torch.device, share: LaneShare | None = None) -> None:
        self._lanes = lanes
        # Few torch operations take unsigned integers wider than 8 bits. Wider ids are stored with the same bits in a
        # signed type, and `_take` masks the sign away.
        dtype = lanes.ids.dtype
        signed = dtype if dtype.kind == "i" or dtype.itemsize == 1 else np.dtype(f"i{dtype.itemsize}")
        bits = np.array(lanes.ids, dtype.newbyteorder("="))  # copied: a text can be a read-only mapped file
        self._ids = torch.from_numpy(bits.view(signed)).to(device)
        self._mask = (1 << 8 * dtype.itemsize) - 1 if dtype != signed else -1
        self._bounds = torch.from_numpy(lanes.bounds).to(device)
        rows = (share or whole(lanes.batch_size)).rows
        self._lane_numbers = torch.arange(rows.start, rows.stop, device=device)

    def at(self, position: int) -> TensorBatch:
        epoch, first, end = self._lanes.span(position)
        device = self._bounds.device
        segments = (self._lane_numbers + epoch) % self._lanes.batch_size
        indices = self._bounds[segments] + torch.arange(first, end, device=device)[:, None]
        last = self._bounds[segments + 1] - 1
        inside = torch.minimum(indices, last)  # a lane whose segment has ended repeats its last input ...
        targets = self._take(inside + 1).masked_fill(indices > last, NO_TARGET)  # ... and has no target
        reset = None
        if first == 0:
            reset = torch.ones_like(segments) if epoch == 0 else segments == 0
        characters = self._lanes.characters_before(position + 1) - self._lanes.characters_before(position)
        return TensorBatch(self._take(inside), targets, None if reset is None else reset.float(), characters)

    def _take(self, indices: Tensor) -> Tensor:
        return self._ids[indices].long() & self._mask


def open_batches(reader: Reader, compute: Compute, lanes: LaneShare | None = None) -> Batches:
    """DeviceBatches on a CUDA GPU with room for the text, otherwise HostBatches; of these lanes, by default of all."""
    if compute.device_type == "cuda" and isinstance(reader, Lanes) and text_fits(reader.ids, _free_bytes(compute)):
        return DeviceBatches(reader, compute.torch_device(), lanes)
    return HostBatches(reader, compute.torch_device(), lanes)


def text_fits(ids: npt.NDArray[Any], free_bytes: int) -> bool:
    """Whether the ids take at most TEXT_SHARE of the free memory."""
    return ids.nbytes <= TEXT_SHARE * free_bytes


def _free_bytes(compute: Compute) -> int:
    return int(torch.cuda.mem_get_info(compute.torch_device())[0])
