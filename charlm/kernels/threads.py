"""Rows shared out to threads, for kernels that are called without torch. Knows no kernel.

Calls through ctypes let other Python threads run meanwhile. Where torch is at work its own threads are used instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from charlm.kernels.library import library
from charlm.machine import cores


def alone() -> None:
    """Keep numpy's own threads from being made, if it is still to come: waiting busily, they would slow ours down."""
    if library() is not None:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, cores() - 1), "charlm")


def share(work: Callable[[int, int], object], rows: int, least: int) -> None:
    """Call work(first, end) until all rows are done, with at least so many rows for a thread."""
    shares = max(1, min(cores(), rows // least))
    bounds = [rows * number // shares for number in range(shares + 1)]
    others = [_pool().submit(work, *bounds[number : number + 2]) for number in range(1, shares)]
    work(0, bounds[1])
    for other in others:
        other.result()
