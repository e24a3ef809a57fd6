"""How many threads numpy's BLAS uses while charlm's kernels divide the work themselves. Knows no kernel.

BLAS threads spin after each product. Beside threads of charlm's own they take the processor from these, and a score
takes half as long again.
"""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import cache
from threading import Lock
from typing import Any

from charlm.kernels.library import library

VARIABLE = "OPENBLAS_NUM_THREADS"


def limit_blas_threads() -> None:
    """If the kernels are used, have numpy's BLAS use one thread from now on: for a command, whose process is its own.

    A number of threads that the user has set stays. Before numpy is imported this takes no time.
    """
    if library() is None or VARIABLE in os.environ:
        return
    if "numpy" in sys.modules:
        _controller().limit(limits=1, user_api="blas")
    else:
        os.environ[VARIABLE] = "1"


def one_blas_thread() -> AbstractContextManager[None]:
    """Inside, numpy's BLAS uses one thread, if the kernels are used. Threads may enter at any time, several at once."""
    return nullcontext() if library() is None or VARIABLE in os.environ else _LIMIT


def single_blas_thread() -> AbstractContextManager[None]:
    """Inside, numpy's BLAS uses one thread, with and without the kernels: sums are then taken in the same order
    whatever the number of threads. Threads may enter at any time, several at once."""
    return nullcontext() if os.environ.get(VARIABLE) == "1" else _LIMIT


class _Limit(AbstractContextManager[None]):
    """The number of threads before, restored when the last thread that asked for the limit has left."""

    def __init__(self) -> None:
        self._lock, self._inside, self._set = Lock(), 0, ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._set.enter_context(_controller().limit(limits=1, user_api="blas"))

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._set.close()


_LIMIT = _Limit()


@cache  # it looks through all libraries of the process
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
