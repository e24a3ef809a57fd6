"""What a training asks of its processes, and the answers of a single one. Knows no torch, no model and no loop.

A training never asks whether it has several processes. It adds up, shares, collects and decides through its group, and
for a single process all of that is nothing. `together.py` has the group of several.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Decisions(NamedTuple):
    """What a training asks while it runs: its seconds so far, whether to stop, whether to save a checkpoint."""

    seconds: Callable[[], float]
    stop: Callable[[], bool]
    save: Callable[[], bool]


class Group(Protocol):
    """The processes of a training, as one of them sees them: it is `rank` of `size`. Process 0 writes and prints.

    Every process calls the same methods in the same order. They raise LostProcessError if another one is gone.
    """

    @property
    def rank(self) -> int: ...

    @property
    def size(self) -> int: ...

    def sum(self, values: Tensor) -> None:
        """Replace the values (N,) by their sum over all processes: the same bits in each of them."""
        ...

    def gather(self, values: Tensor) -> list[Tensor]:
        """The values (N,) of each process, in the order of their ranks."""
        ...

    def share(self, content: bytes) -> bytes:
        """What process 0 gives; what the others give is not used. May wait long, for what process 0 does alone."""
        ...

    def collect(self, content: bytes) -> list[bytes]:
        """In process 0, what each process gives, in the order of their ranks; nothing in the others."""
        ...

    def agree(self, own: Decisions) -> Decisions:
        """The decisions of all processes together, which `said` and `heard` carry with each sum; call it again for
        another training."""
        ...

    def catch_up(self) -> None:
        """Set the clock of all processes to that of process 0, after what it did alone."""
        ...

    def said(self) -> Sequence[float]:
        """What this process adds to the others' at the end of a sum; as many numbers in each process."""
        ...

    def heard(self, numbers: Sequence[float]) -> None:
        """The sum of what all processes said."""
        ...


class Alone:
    """The group of a training in one process: sums and decisions are its own."""

    rank = 0
    size = 1

    def sum(self, values: Tensor) -> None:
        pass

    def gather(self, values: Tensor) -> list[Tensor]:
        return [values]

    def share(self, content: bytes) -> bytes:
        return content

    def collect(self, content: bytes) -> list[bytes]:
        return [content]

    def agree(self, own: Decisions) -> Decisions:
        return own

    def catch_up(self) -> None:
        pass

    def said(self) -> Sequence[float]:
        return ()

    def heard(self, numbers: Sequence[float]) -> None:
        pass


ALONE = Alone()
