"""How many threads torch uses for small operations. Knows no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

FEW = 20_000  # numbers that a step computes on, rows times units, for which one thread is as fast as two


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, torch computes on this thread alone.

    A window of few rows takes a few milliseconds, in many small operations. Beside other programs, torch's threads wait
    for each other in each of them: that cost seven eighths of the speed, and two threads gain a tenth at best.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def threads_for(rows: int, units: int) -> Callable[[], AbstractContextManager[None]]:
    """For a model that computes in small operations of torch, some for each step: `one_thread`, if it has few rows.

    charlm's processes let threads sleep while they wait (machine.py). To wake them takes longer than such an operation.
    """
    return one_thread if rows * units < FEW else nullcontext
