"""How many threads torch uses for small operations. Knows no model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


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
