"""Seconds by part. Knows no model and no job."""

from __future__ import annotations

import time
from collections.abc import Callable


class Stopwatch:
    """Books the time since the last mark on the part that ends, so that all parts add up to the whole.

    `wait` waits until the device has finished its work, so that this time counts too.
    """

    def __init__(self, wait: Callable[[], object] = lambda: None) -> None:
        self._wait = wait
        self.start()

    def start(self) -> None:
        """Set all parts to zero."""
        self.seconds: dict[str, float] = {}
        self._wait()
        self._last = time.perf_counter()

    def end(self, part: str) -> None:
        """Set a mark: the time since the mark before belongs to this part."""
        self._wait()
        now = time.perf_counter()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._last
        self._last = now
