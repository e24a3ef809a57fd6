"""What processes decide together, once an update: so all stop, save and validate after the same one. Knows no torch.

Clocks differ, and a signal reaches one process. If each acted by itself, they would end at different updates, and wait
for each other for ever. So what a process knows rides in the buffer that sums the gradients, and all act on the sum:

    the seconds of process 0, in two numbers that are exact in float32; the others add 0
    how many processes were asked to stop
    how many were asked to save

Between two sums nothing changes: a clock that is asked twice gives the same seconds twice, in every process.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from charlm.processes.group import Decisions

NUMBERS = 4


class Agreement:
    """The decisions of one process and, since the last sum, those of all."""

    def __init__(self, rank: int) -> None:
        self._leads = rank == 0
        self._own = Decisions(lambda: 0.0, _never, _never)
        self._seconds, self._stop, self._save = 0.0, False, False

    def begin(self, own: Decisions) -> Decisions:
        """The decisions of all, from now on. Until the first sum nobody was asked anything."""
        self._own = own
        self._seconds, self._stop, self._save = 0.0, False, False
        return Decisions(lambda: self._seconds, lambda: self._stop, lambda: self._save)

    def seconds_now(self) -> float:
        """This process's own clock."""
        return self._own.seconds()

    def set_clock(self, seconds: float) -> None:
        """What the common clock shows until the next sum."""
        self._seconds = seconds

    def said(self) -> list[float]:
        """The NUMBERS of this process."""
        high, low = in_two(self.seconds_now()) if self._leads else (0.0, 0.0)
        return [high, low, float(self._own.stop()), float(self._own.save())]

    def heard(self, numbers: Sequence[float]) -> None:
        """The sum of the NUMBERS of all."""
        high, low, stop, save = numbers
        self._seconds, self._stop, self._save = high + low, stop > 0, save > 0


def in_two(value: float) -> tuple[float, float]:
    """Two numbers whose sum is nearly the value, each exact in float32."""
    high = _rounded(value)
    return high, _rounded(value - high)


def _rounded(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _never() -> bool:
    return False
