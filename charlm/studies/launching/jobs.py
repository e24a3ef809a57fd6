"""What an engine starts, and what it says of it. Knows no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

PARENT = "CHARLM_PARENT"  # an environment variable: the process whose end a job does not outlive
LAST_WORDS = 4096  # bytes of a job's messages that are kept


@dataclass(frozen=True)
class Job:
    """A Python program to run: its arguments, the folder in which it starts, and what its environment has in addition.

    Started again after it was killed, it goes on where it was.
    """

    name: str
    arguments: tuple[str, ...]
    folder: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """The exit code of a job, negative after a signal that killed it; None if nobody knows. Its last messages."""

    code: int | None
    said: str = ""


class Handle(Protocol):
    """A job that was started."""

    def poll(self) -> Ended | None:
        """How it ended; None while it waits or runs. Does not wait. Raises CharlmError if the engine has failed."""

    def cancel(self) -> None:
        """Ask it to save and end. It ends soon after, and `poll` says when."""


class Engine(Protocol):
    """Takes up to `at_once` jobs at a time. A context, at whose end the engine is closed."""

    at_once: int

    @property
    def queues(self) -> bool:
        """Whether a job that it has taken may wait before it runs."""

    def start(self, job: Job) -> Handle:
        """Raises CharlmError if it cannot be started."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
