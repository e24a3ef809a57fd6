"""A memory with places (cells/place_memory.py) through one step in C, with numpy or torch.

The controller of the cell stays as it is defined: its products are large enough for the libraries. All of its memory is
one call. Float32 on a CPU. Shape letters: B rows.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

import numpy as np

from charlm.cells.arrays import Array, zeros
from charlm.cells.cell import Cell
from charlm.cells.ntm import NTM
from charlm.cells.place_memory import LIMIT, START, PlaceMemory
from charlm.kernels import MemoryTurn, library


class KernelMemory(PlaceMemory):
    """The memory with its step in C. Of torch tensors it gives no gradient: memory_window.py does."""

    def turn(self, numbers: Array, memory: Array, moved: Array, first: Array) -> tuple[Array, Array, Array]:
        given = [_float32(each) for each in (numbers, memory, moved, first)]
        rows = len(given[0])
        widths = self.places * self.width, self.reading * self.width, self.heads * self.places
        found = [zeros((rows, width), given[0]) for width in widths]
        names = ("asked", "memory", "moved", "first", "written", "read", "after")
        call("memory_forward", self.turn_of(rows, dict(zip(names, (*given, *found), strict=True))))
        return found[0], found[1], found[2]

    def turn_of(self, rows: int, arrays: Mapping[str, Array]) -> MemoryTurn:
        """A call for so many rows with these arrays, by the names of their fields. It does not keep them alive."""
        sizes = {"B": rows, "N": self.places, "D": self.width, "reading": self.reading, "writing": self.writing}
        addresses = {name: _address(each) for name, each in arrays.items()}
        return MemoryTurn(**addresses, **sizes, reach=self.reach, start=START, limit=LIMIT)


@dataclass(frozen=True)
class KernelNTM(NTM):
    @property
    def memory_of_places(self) -> KernelMemory:
        return KernelMemory(*astuple(super().memory_of_places))


def has_kernel(cell: Cell) -> bool:
    """Whether there is a kernel for the memory of the cell. A cell of one's own that is made from an ntm may have
    another step, which the kernel does not know."""
    return type(cell) is NTM and library() is not None


def with_kernel(cell: Cell) -> KernelNTM:
    """The same cell, its memory in C, for a cell that has a kernel."""
    return KernelNTM(**{each.name: getattr(cell, each.name) for each in fields(cell)})


def can_run(cell: Cell, like: Array) -> bool:
    """Whether the cell has a memory with places, for states like this array."""
    if not has_kernel(cell):
        return False
    if isinstance(like, np.ndarray):
        return bool(like.dtype == np.float32)
    return bool(f"{like.dtype} {like.device.type}" == "torch.float32 cpu")


def call(name: str, turn: MemoryTurn) -> None:
    """A function of the kernel, by its name."""
    found = library()
    assert found is not None
    if getattr(found, name)(ctypes.byref(turn)):
        raise MemoryError


def _float32(array: Array) -> Array:
    if isinstance(array, np.ndarray):
        return np.ascontiguousarray(array, np.float32)
    return array.float().contiguous()


def _address(array: Array) -> int:
    return int(array.ctypes.data if isinstance(array, np.ndarray) else array.data_ptr())
