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
from charlm.text.lanes import NOTHING, Lanes, Reader

SHARE = 0.25  # of the card's free memory, that a text may take


@dataclass(frozen=True, eq=False)
class Fed:
    """Inputs and targets (T, B) int64 on the device; reset (B,) float32, 1 for lanes that start fresh, or None where
    none does; characters: the targets that are there."""

    inputs: Tensor
    targets: Tensor
    reset: Tensor | None
    characters: int


class Feed(Protocol):
    def at(self, position: int) -> Fed:
        """The window at a position of the reader."""
        ...


class HostFeed:
    """Windows as the reader cuts them, copied."""

    def __init__(self, reader: Reader, place: torch.device) -> None:
        self._reader = reader
        self._place = place

    def at(self, position: int) -> Fed:
        batch = self._reader.at(position)
        reset = torch.from_numpy(batch.reset.astype(np.float32)).to(self._place) if batch.reset.any() else None
        return Fed(
            torch.from_numpy(batch.inputs).to(self._place),
            torch.from_numpy(batch.targets).to(self._place),
            reset,
            int((batch.targets != NOTHING).sum()),
        )


class DeviceFeed:
    """Windows of Lanes, cut from a copy of the text on the device."""

    def __init__(self, lanes: Lanes, place: torch.device) -> None:
        self._lanes = lanes
        # torch counts in signed numbers: of wide ids the device holds the bits, and `_at` reads them as they were meant
        kind = lanes.ids.dtype
        signed = kind if kind.kind == "i" or kind.itemsize == 1 else np.dtype(f"i{kind.itemsize}")
        bits = np.array(lanes.ids, kind.newbyteorder("="))  # a copy of its own: a text can be a file that is mapped
        self._ids = torch.from_numpy(bits.view(signed)).to(place)
        self._mask = (1 << 8 * kind.itemsize) - 1 if kind != signed else -1
        self._bounds = torch.from_numpy(lanes.bounds).to(place)
        self._lane_numbers = torch.arange(lanes.batch_size, device=place)

    def at(self, position: int) -> Fed:
        epoch, first, end = self._lanes.span(position)
        place = self._bounds.device
        segments = (self._lane_numbers + epoch) % self._lanes.batch_size
        wanted = self._bounds[segments] + torch.arange(first, end, device=place)[:, None]
        last = self._bounds[segments + 1] - 1
        places = torch.minimum(wanted, last)
        targets = self._at(places + 1).masked_fill(wanted > last, NOTHING)
        reset = None
        if first == 0:
            reset = torch.ones_like(segments) if epoch == 0 else segments == 0
        characters = self._lanes.characters_before(position + 1) - self._lanes.characters_before(position)
        return Fed(self._at(places), targets, None if reset is None else reset.float(), characters)

    def _at(self, places: Tensor) -> Tensor:
        return self._ids[places].long() & self._mask


def open_feed(reader: Reader, compute: Compute) -> Feed:
    """From the device where it is a CUDA card with room for the text, otherwise from the host."""
    if compute.kind == "cuda" and isinstance(reader, Lanes) and fits(reader.ids, _free(compute)):
        return DeviceFeed(reader, compute.place())
    return HostFeed(reader, compute.place())


def fits(ids: npt.NDArray[Any], free: int) -> bool:
    """Whether ids may lie in memory of which so many bytes are free."""
    return ids.nbytes <= SHARE * free


def _free(compute: Compute) -> int:
    return int(torch.cuda.mem_get_info(compute.place())[0])
