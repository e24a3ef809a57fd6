"""Ctrl-C and SIGTERM while training: the first asks the training to save and end, the second ends the process at once.

Knows no training.
"""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType
from typing import Any, Self


class Stop:
    """A context that records SIGINT and SIGTERM. `signal` is the number of the first one, 0 if there was none."""

    def __init__(self) -> None:
        self.signal = 0
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Whether a signal has asked the work to save and end."""
        return self.signal != 0

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            os._exit(128 + number)  # the second signal; checkpoints are whole at any time
        self.signal = number
