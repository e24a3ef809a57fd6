"""Divide rows among Python threads, for kernels that are called without torch. Knows no kernel.

Threads of Python are enough: ctypes releases the interpreter's lock during a call. With torch, the kernels use torch's
own threads instead (sharing.h).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache

from charlm.kernels.library import library
from charlm.machine import cores


def limit_blas_threads() -> None:
    """If the kernels are used, have numpy's BLAS use one thread: its idle threads spin, and would slow ours down.

    This works only before numpy is imported. A number of threads that the user has set stays.
    """
    if library() is not None:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, cores() - 1), "charlm")


def share_rows(work: Callable[[int, int], object], rows: int, least: int) -> None:
    """Call work(first, end) on parts of the rows until all are done, each part with at least `least` rows.

    The work should keep alive what it computes with: an interruption (Ctrl-C) may end this call before the threads.
    """
    if rows < 2 * least:  # one character is read in less time than it takes to ask for the number of cores
        work(0, rows)
        return
    shares = min(cores(), rows // least)
    bounds = [rows * number // shares for number in range(shares + 1)]
    others = [_pool().submit(work, *bounds[number : number + 2]) for number in range(1, shares)]
    try:
        work(0, bounds[1])
    finally:  # if it failed, the other threads still use what the caller would free
        wait(others)
    for other in others:
        other.result()


if hasattr(os, "register_at_fork"):  # a forked process has none of the threads, and would wait for them for ever
    os.register_at_fork(after_in_child=_pool.cache_clear)
