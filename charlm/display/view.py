"""The protocol of a view of a training, and the lines that all views share. Knows no terminal and no training loop.

A view is entered, shown each event, and left. It returns nothing, so it cannot change the training.
"""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from charlm.training.events import Event, RolledBack, Skipped


class View(Protocol):
    """Shows a training to a person."""

    def show(self, event: Event) -> None:
        """Take one event. Must cost only microseconds for an Updated, since there are thousands of them."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def describe_trouble(event: Skipped | RolledBack) -> str:
    """What went wrong, in one line."""
    if isinstance(event, Skipped):
        return f"skipped step {event.step}: {event.reason}"
    return f"rolled back from step {event.step} to {event.to_step}, learning rate x {event.rate_factor:g}"
