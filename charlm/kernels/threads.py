"""How work is divided among threads: rows among Python's, and how large a kernel's own teams are. Knows no kernel.

Threads of Python are enough for rows: ctypes releases the interpreter's lock during a call. With torch, the kernels use
torch's own threads instead (sharing.h).
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache

from charlm.machine import usable_threads

PARTS_FOR_A_THREAD = 2  # each part reads all weights once, so more parts cost more memory traffic
PAIRS_FOR_A_THREAD = 2**17  # rows * weights of a step in a team; with fewer, one more thread is no gain
SECONDS_ALONE = 0.05  # how long one thread works alone after threads have waited for each other too long ...
MOST_SECONDS_ALONE = 0.4  # ... and at most, after that has happened several times in a row


class TeamSize:
    """How many threads a team has (team.h). It is one for a while after others used the processor."""

    def __init__(self) -> None:
        self._busy_until = 0.0
        self._seconds_alone = SECONDS_ALONE

    def threads(self, pairs: int, most: int) -> int:
        """For a step of that many pairs of a row and a weight; never more than `most`."""
        return 1 if time.perf_counter() < self._busy_until else min(most, 1 + pairs // PAIRS_FOR_A_THREAD)

    def worked(self, threads: int, contended: bool) -> None:
        """A team of that many threads has worked, and perhaps they waited too long for each other."""
        if contended:
            self._busy_until = time.perf_counter() + self._seconds_alone
            self._seconds_alone = min(2 * self._seconds_alone, MOST_SECONDS_ALONE)
        elif threads > 1:
            self._seconds_alone = SECONDS_ALONE


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, usable_threads() - 1), "charlm")


def share_rows(work: Callable[[int, int], object], rows: int, least: int) -> None:
    """Call work(first, end) on parts of the rows until all are done, each part with at least `least` rows.

    There are more parts than threads, and a thread takes the next one when it is free: if another program takes a
    thread's processor, the others do its parts. The work should keep alive what it computes with: an interruption
    (Ctrl-C) may end this call before the threads.
    """
    if rows < 2 * least:  # one character is read in less time than it takes to ask for the number of cores
        work(0, rows)
        return
    threads = min(usable_threads(), rows // least)
    parts = min(rows // least, PARTS_FOR_A_THREAD * threads) if threads > 1 else 1
    bounds = [rows * number // parts for number in range(parts + 1)]
    numbers = itertools.count()

    def take_parts() -> None:
        while (number := next(numbers)) < parts:
            work(bounds[number], bounds[number + 1])

    others = [_pool().submit(take_parts) for _ in range(threads - 1)]
    try:
        take_parts()
    finally:  # if it failed, the other threads still use what the caller would free
        others = [other for other in others if not other.cancel()]  # cancelled: all parts were taken before it began
        wait(others)
    for other in others:
        other.result()


if hasattr(os, "register_at_fork"):  # a forked process has none of the threads, and would wait for them for ever
    os.register_at_fork(after_in_child=_pool.cache_clear)
