"""Which lanes a process has, and which of them are summed apart. Knows no text and no torch.

Lanes have the same numbers whatever the number of processes: process r of n has the r-th of n contiguous parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from charlm.errors import UsageError

PARTS = 8  # of all lanes, whose gradients the ordered sum adds up in a fixed order


@dataclass(frozen=True)
class LaneShare:
    """Lanes `first` to `first + count`, the end excluded, of `total` ones."""

    first: int
    count: int
    total: int

    @property
    def all_of_them(self) -> bool:
        return self.count == self.total

    @property
    def rows(self) -> slice:
        """The rows of these lanes in an array of all lanes."""
        return slice(self.first, self.first + self.count)

    def rows_in(self, other: LaneShare) -> slice:
        """The rows of these lanes in an array of the lanes of `other`, which has them all."""
        start = self.first - other.first
        return slice(start, start + self.count)

    def parts(self, number: int) -> list[LaneShare]:
        """So many contiguous parts of these lanes, all of one size."""
        size = self.count // number
        return [LaneShare(self.first + part * size, size, self.total) for part in range(number)]


def whole(lanes: int) -> LaneShare:
    """All lanes, as a single process has them."""
    return LaneShare(0, lanes, lanes)


def share_of(lanes: int, rank: int, size: int) -> LaneShare:
    """The lanes of process `rank` of `size`."""
    return whole(lanes).parts(size)[rank]


def require_shareable(lanes: int, size: int, ordered: bool) -> None:
    """Raises UsageError, with numbers that fit, if so many processes cannot share so many lanes equally.

    With the ordered sum, neither the processes nor the lanes may cut across one of its PARTS.
    """
    if ordered and PARTS % size:
        raise UsageError(
            f"{size} processes cannot share the {PARTS} parts of the ordered sum equally",
            "training.ordered_sum=true",
            f"Start 1, 2, 4 or {PARTS} processes, or leave training.ordered_sum out.",
        )
    step = PARTS if ordered else size
    if lanes % step:
        fitting = [str(number) for number in (lanes - lanes % step, lanes - lanes % step + step) if number]
        what = f"The ordered sum has {PARTS} parts, and" if ordered else f"{size} processes share the lanes, and"
        raise UsageError(
            f"{what} {lanes} lanes cannot be divided by {step}",
            f"training.batch_size={lanes}",
            f"Try -s training.batch_size={' or '.join(fitting)}."
            if ordered
            else f"Try -s training.batch_size={' or '.join(fitting)}, or another number of processes.",
        )
