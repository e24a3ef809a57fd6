"""What a logger has to do for charlm, and what it is told of a run. Knows no logger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from charlm.config.given import dotted
from charlm.config.stored import from_yaml, inline_yaml
from charlm.errors import CharlmError
from charlm.loggers.measured import Measured
from charlm.runs import Run


@dataclass(frozen=True)
class About:
    """A run as loggers are told of it. `settings` are texts by dotted name; `began` is a Unix time in seconds."""

    name: str
    settings: Mapping[str, str]
    began: float


class Destination(Protocol):
    """A logger, from `begin` to `end`. Its methods raise CharlmError if something cannot be written."""

    key: str  # what the place in the run's folder is kept under: the logger, and where it writes
    advice: str  # a command that shows what was written

    def has(self, identity: str) -> bool:
        """Whether it still has the run that it called so."""

    def begin(self, about: About, identity: str) -> str:
        """Begin a run with its settings, if the identity is empty, or go on with that one. Gives the identity."""

    def write(self, measured: Sequence[Measured], times: Sequence[float]) -> None:
        """Write what was measured, at these Unix times; it is kept when this returns."""

    def end(self, finished: bool) -> None:
        """Close what was begun; `finished` if the run trains no more."""


def about_run(run: Run) -> About:
    """The run's name, its settings, and when it began. Settings that cannot be read are left out."""
    mark = run.mark
    try:
        began = datetime.fromisoformat(str(mark.get("created"))).timestamp()
    except ValueError:
        began = 0.0
    try:
        stored = dotted(from_yaml(run.config.read_text(encoding="utf-8"), str(run.config)))
    except (OSError, UnicodeDecodeError, CharlmError):
        stored = {}
    return About(run.name, {name: inline_yaml(value) for name, value in stored.items()}, began)
