"""One thing that was looked at, and how it stands. Knows neither what was looked at nor how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from charlm.errors import CharlmError

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """`what` is for a person, `facts` for a program; `remedy` is what to do where it is not ok.

    `exit_code` is that of the error which the same fault would end a training with; 0 unless it is bad.
    """

    name: str
    level: Level
    what: str
    remedy: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int = 0


def from_error(name: str, error: CharlmError) -> Finding:
    """The finding for what would have ended a training."""
    what = ": ".join(part for part in (error.where, error.what) if part)
    facts = {"what": error.what, "where": error.where}
    return Finding(name, "bad", what, error.remedy, facts, error.exit_code)


def exit_code(findings: Iterable[Finding]) -> int:
    """0 where nothing is bad; else the code of the worst fault. What is wrong with a text counts most."""
    codes = [finding.exit_code or 1 for finding in findings if finding.level == "bad"]
    return 3 if 3 in codes else max(codes, default=0)
