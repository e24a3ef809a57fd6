"""The steps of a memory with places over a window, forwards and backwards: a call of the kernel each.

The arrays of all steps lie one after the other, so a step is the same call at other addresses. Torch tensors, float32.
Shape letters: T time, B rows, P numbers asked, N places, D numbers in a place, A heads, R numbers read.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from charlm.engines.memory_kernel import KernelMemory, call
from charlm.kernels import MemoryTurn


class Turns:
    """What is there before each step, and after the last: `memory` (T + 1, B, D N) and `moved` (T + 1, B, A N), the
    weightings, in the form of `PlaceMemory.turn`, and `read` (T + 1, B, R).

    It is made from those before the window, room for `asked` (T, B, P), and `first` (A, N).
    """

    def __init__(
        self, sizes: KernelMemory, asked: Tensor, first: Tensor, memory: Tensor, moved: Tensor, read: Tensor
    ) -> None:
        self.sizes, self.asked, self.first = sizes, asked, first.contiguous()
        self.memory, self.moved, self.read = (_begun(each, len(asked)) for each in (memory, moved, read))
        self.known = {"asked": asked, "memory": self.memory, "moved": self.moved}
        found = {"written": self.memory[1:], "read": self.read[1:], "after": self.moved[1:]}
        self._turn = sizes.turn_of(asked.shape[1], {"first": self.first})
        self._advance = _addresses({**self.known, **found})

    def forward(self, t: int) -> None:
        """Step t, for what `asked` has there by now."""
        _place(self._turn, self._advance, t)
        call("memory_forward", self._turn)


class TurnsBack:
    """The same steps from the last to the first: the gradients of all that was asked, and those of the memory and the
    weightings before the step that was last taken back."""

    def __init__(self, turns: Turns, d_memory: Tensor, d_moved: Tensor) -> None:
        self.d_memory, self.d_moved, self._d_last = d_memory.contiguous(), d_moved.contiguous(), d_moved
        self.d_asked = turns.asked.new_empty(turns.asked.shape)
        self._asked = self.d_asked.unbind()
        self._rooms = [each.new_empty(2, *each.shape) for each in (d_memory, d_moved)]  # a step reads one, writes one
        self._first = turns.first
        self._turn = turns.sizes.turn_of(turns.asked.shape[1], {"first": turns.first})
        self._advance = _addresses({**turns.known, "d_asked": self.d_asked})

    def backward(self, t: int, d_read: Tensor) -> Tensor:
        """The gradient of what step t read, (B, R) -> that of what it asked, (B, P)."""
        d_memory, d_moved = (room[t % 2] for room in self._rooms)
        given = {"d_written": self.d_memory, "d_after": self.d_moved, "d_read": d_read.contiguous()}
        _place(self._turn, self._advance, t)
        _place(self._turn, _addresses({**given, "d_memory": d_memory, "d_moved": d_moved}), 0)
        call("memory_backward", self._turn)
        self.d_memory, self.d_moved = d_memory, d_moved
        return self._asked[t]

    @property
    def d_first(self) -> Tensor:
        """The gradient of `first`, (A, N), after all steps: of each step it is what the weightings before it have, less
        what those after it had, so all between cancel."""
        return (self.d_moved - self._d_last).sum(0).view_as(self._first)


# By the name of a field: where its first step is, and how many bytes further the next one.
Addresses = Mapping[str, tuple[int, int]]


def _addresses(arrays: Mapping[str, Tensor]) -> Addresses:
    return {name: (each.data_ptr(), each.stride(0) * each.element_size()) for name, each in arrays.items()}


def _place(turn: MemoryTurn, addresses: Addresses, t: int) -> None:
    """Point the call to step t."""
    for name, (start, step) in addresses.items():
        setattr(turn, name, start + t * step)


def _begun(before: Tensor, steps: int) -> Tensor:
    """Room for so many steps after what is there before them."""
    room = before.new_empty(steps + 1, *before.shape)
    room[0] = before
    return room
