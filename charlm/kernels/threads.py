"""Divide rows among Python threads, for kernels that are called without torch. Knows no kernel.

Threads of Python are enough: ctypes releases the interpreter's lock during a call. With torch, the kernels use torch's
own threads instead (sharing.h).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache

from charlm.machine import usable_threads

PARTS_FOR_A_THREAD = 2  # each part reads all weights once, so more parts cost more memory traffic


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
