"""Divide rows among Python threads, for kernels that are called without torch. Knows no kernel.

Threads of Python are enough: ctypes releases the interpreter's lock during a call. With torch, the kernels use torch's
own threads instead (sharing.h).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from charlm.machine import usable_threads


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, usable_threads() - 1), "charlm")


def share_rows(work: Callable[[int, int], object], rows: int, least: int) -> None:
    """Call work(first, end) on parts of the rows until all are done, each part with at least `least` rows."""
    shares = max(1, min(usable_threads(), rows // least))
    bounds = [rows * number // shares for number in range(shares + 1)]
    others = [_pool().submit(work, *bounds[number : number + 2]) for number in range(1, shares)]
    work(0, bounds[1])
    for other in others:
        other.result()
