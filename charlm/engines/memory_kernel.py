"""A memory with places (cells/place_memory.py) through one step in C, with numpy, or with torch forwards and backwards.

The controller of the cell stays as it is defined: its products are large enough for the libraries. All of its memory is
one call. Float32 on a CPU. Shape letters: B rows.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np

from charlm.cells.arrays import Array
from charlm.cells.cell import Cell
from charlm.cells.ntm import NTM
from charlm.cells.place_memory import LIMIT, START, PlaceMemory
from charlm.kernels import MemoryTurn, library


class KernelMemory(PlaceMemory):
    """The memory with its step in C."""

    def turn(self, numbers: Array, memory: Array, moved: Array, first: Array) -> tuple[Array, Array, Array]:
        if isinstance(numbers, np.ndarray):
            rows = len(numbers)
            given = [np.ascontiguousarray(each, np.float32) for each in (numbers, memory, moved, first)]
            found = [np.empty((rows, width), np.float32) for width in self._widths]
            _call("memory_forward", self._turn(rows, given, found))
            return found[0], found[1], found[2]
        written, read, after = _function().apply(self, numbers.float(), memory, moved, first)
        return written, read, after

    @property
    def _widths(self) -> tuple[int, int, int]:
        return self.places * self.width, self.reading * self.width, self.heads * self.places

    def _turn(self, rows: int, given: list[Any], found: list[Any], gradients: Sequence[Any] = ()) -> MemoryTurn:
        addresses = [_address(each) for each in (*given, *found, *gradients)]
        names = [name for name, *_ in MemoryTurn._fields_]
        sizes = {"B": rows, "N": self.places, "D": self.width, "reading": self.reading, "writing": self.writing}
        arrays = dict(zip(names, addresses, strict=False))
        return MemoryTurn(**arrays, **sizes, reach=self.reach, start=START, limit=LIMIT)


@dataclass(frozen=True)
class KernelNTM(NTM):
    MEMORY_OF_PLACES = KernelMemory


def has_kernel(cell: Cell) -> bool:
    """Whether there is a kernel for the memory of the cell. A cell of one's own that is made from an ntm may have
    another step, which the kernel does not know."""
    return type(cell) is NTM and library() is not None


def with_kernel(cell: Cell) -> Cell:
    """The same cell, its memory in C, if there is a kernel for it; else the cell."""
    if not has_kernel(cell):
        return cell
    return KernelNTM(**{each.name: getattr(cell, each.name) for each in fields(cell)})


def can_run(cell: Cell, like: Array) -> bool:
    """Whether the cell has a memory with places, for states like this array."""
    if not has_kernel(cell):
        return False
    if isinstance(like, np.ndarray):
        return bool(like.dtype == np.float32)
    return bool(f"{like.dtype} {like.device.type}" == "torch.float32 cpu")


def _address(array: Any) -> int:
    if array is None:
        return 0
    return int(array.ctypes.data if isinstance(array, np.ndarray) else array.data_ptr())


def _call(name: str, turn: MemoryTurn) -> None:
    found = library()
    assert found is not None
    if getattr(found, name)(ctypes.byref(turn)):
        raise MemoryError


@cache
def _function() -> Any:
    """The step as a function that torch differentiates: made when torch is there."""
    loaded = sys.modules["torch"]

    class Turn(loaded.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, memory_of: KernelMemory, *inputs: Any) -> tuple[Any, ...]:
            given = [each.detach().contiguous() for each in inputs]
            rows = given[0].shape[0]
            found = [given[0].new_empty(rows, width) for width in memory_of._widths]
            _call("memory_forward", memory_of._turn(rows, given, found))
            ctx.save_for_backward(*given)
            ctx.memory_of = memory_of
            return tuple(found)

        @staticmethod
        def backward(ctx: Any, *outer: Any) -> tuple[Any, ...]:
            given = list(ctx.saved_tensors)
            gradients = [each.contiguous() for each in outer]
            inner = [loaded.empty_like(each) for each in given[:3]]
            rows = given[0].shape[0]
            _call("memory_backward", ctx.memory_of._turn(rows, given, [None] * 3, [*gradients, *inner]))
            first = (inner[2] - gradients[2]).sum(0).view_as(given[3])
            return None, *inner, first

    return Turn
