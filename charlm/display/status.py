"""The state of a training as its events tell it: the newest event of each type. Knows no terminal.

Scores are nats per character, times are seconds, as in the events.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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


@dataclass(frozen=True)
class TrainingStatus:
    """An immutable value, so that a drawing thread can read it while the training goes on."""

    started: Started | None = None
    first: Updated | None = None  # of this process: the pace of an earlier process is no guide
    updated: Updated | None = None
    updates: int = 0
    validated: Validated | None = None
    best: Validated | None = None
    sampled: Sampled | None = None
    saved: Saved | None = None
    skips: int = 0
    trouble: Skipped | RolledBack | None = None
    finished: Finished | None = None

    def after(self, event: Event) -> TrainingStatus:
        """The status after one more event."""
        match event:
            case Updated():
                return replace(self, first=self.first or event, updated=event, updates=self.updates + 1)
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

    def seconds_left(self) -> float | None:
        """The time left after the newest update, at the pace of this process; None before the second update."""
        first, newest = self.first, self.updated
        if first is None or newest is None or newest.progress <= first.progress:
            return None
        pace = (newest.seconds - first.seconds) / (newest.progress - first.progress)
        return max(0.0, 1 - newest.progress) * pace
