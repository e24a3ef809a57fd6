"""The result of one check. Knows neither what was checked nor how the result is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from charlm.errors import CharlmError

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """`what` is for a person and `facts` for a program; `remedy` says what to do if the level is not ok.

    `command` is a line for the shell that does it, empty if there is none. `exit_code` is that of the error with which
    a training would end for the same reason; 0 unless the level is bad.
    """

    name: str
    level: Level
    what: str
    remedy: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int = 0
    command: str = ""


def finding_from_error(name: str, error: CharlmError) -> Finding:
    """The finding for an error that would end a training."""
    what = ": ".join(part for part in (error.where, error.what) if part)
    facts = {"what": error.what, "where": error.where}
    return Finding(name, "bad", what, error.remedy, facts, error.exit_code)


def overall_exit_code(findings: Iterable[Finding]) -> int:
    """0 if nothing is bad, 3 if a text is, otherwise the largest code."""
    codes = [finding.exit_code or 1 for finding in findings if finding.level == "bad"]
    return 3 if 3 in codes else max(codes, default=0)
