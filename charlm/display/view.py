"""What a view of a training is, and what any view remembers of the events. Knows no terminal and no training loop.

A view is entered, shown each event as it comes, and left; it never answers, so it can never change the training.
Scores are nats in the events and bits per character in what is shown: bits = nats / ln 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

from charlm.training.events import (
    Event,
    Finished,
    RolledBack,
    Sampled,
    Saved,
    Skipped,
    Started,
    Updated,
    Validated,
)

RECENT = 50  # updates in the running mean, or the latest quarter of them: one alone is too noisy to read


class View(Protocol):
    """Somewhere that a person watches a training."""

    def show(self, event: Event) -> None:
        """Take one event; costs microseconds for an Updated, since there are thousands of those."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass(frozen=True)
class Seen:
    """The newest of each kind of event, as one value that another thread can read while the training goes on."""

    started: Started | None = None
    first: Updated | None = None  # of this process: the pace of an earlier one says nothing
    updated: Updated | None = None
    updates: int = 0
    train_nats: float = 0.0  # running mean over recent updates
    validated: Validated | None = None
    best: Validated | None = None
    sampled: Sampled | None = None
    saved: Saved | None = None
    skips: int = 0
    trouble: Skipped | RolledBack | None = None
    finished: Finished | None = None

    def after(self, event: Event) -> Seen:
        """What has been seen once this event has been, too."""
        match event:
            case Updated():
                updates = self.updates + 1
                mean = self.train_nats + (event.nats - self.train_nats) / max(1.0, min(updates / 4, RECENT))
                return replace(self, first=self.first or event, updated=event, updates=updates, train_nats=mean)
            case Validated():
                return replace(self, validated=event, best=event if event.best else self.best)
            case Sampled():
                return replace(self, sampled=event)
            case Saved():
                return replace(self, saved=event)
            case Skipped():
                return replace(self, skips=self.skips + 1, trouble=event)
            case RolledBack():
                return replace(self, trouble=event)
            case Started():
                return replace(self, started=event)
            case Finished():
                return replace(self, finished=event)

    def left(self) -> float | None:
        """Seconds to go as of the newest update, at the pace of this process; None before there is a pace."""
        first, newest = self.first, self.updated
        if first is None or newest is None or newest.progress <= first.progress:
            return None
        pace = (newest.seconds - first.seconds) / (newest.progress - first.progress)
        return max(0.0, 1 - newest.progress) * pace


def in_bits(nats: float) -> float:
    """Nats as bits."""
    return nats / math.log(2)


def clock(seconds: float) -> str:
    """Seconds as 0:12, 12:34 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def short(number: float) -> str:
    """A large number in few characters: 850, 41.2k, 1.23M."""
    if number < 999.5:
        return f"{number:.0f}"
    return f"{number / 1e3:.1f}k" if number < 999_950 else f"{number / 1e6:.2f}M"


def scientific(number: float) -> str:
    """A learning rate: 4.00e-3."""
    mantissa, _, exponent = f"{number:.2e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def trouble(event: Skipped | RolledBack) -> str:
    """What went wrong, in one line."""
    if isinstance(event, Skipped):
        return f"skipped step {event.step}: {event.reason}"
    return f"rolled back from step {event.step} to {event.to_step}, learning rate x {event.rate_factor:g}"
