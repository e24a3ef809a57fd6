"""How long each trial of a search trains: a time, or a number of updates or characters, which can be repeated exactly.

Knows no search.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from charlm.config.settings import SECONDS_IN, TrainingSettings
from charlm.errors import UsageError
from charlm.training.lengths import duration

FORM = re.compile(r"(?P<number>[0-9]{1,12}(?:\.[0-9]{1,6})?) ?(?P<unit>s|m|h|steps?|characters?)")
FORMS = "Write it as 15s, 2m or 1h, or, to be repeated exactly, as 500steps or 200000characters."
MOST = 10**12


@dataclass(frozen=True)
class TrialLength:
    """An amount of training. `budget` is in seconds."""

    kind: Literal["budget", "steps", "characters"]
    amount: float

    def __str__(self) -> str:
        """As `--each` takes it."""
        if self.kind == "budget":
            return duration(self.amount) if self.amount.is_integer() else f"{self.amount:g}s"
        return f"{self.amount:.0f}{self.kind}"

    def of(self, training: TrainingSettings) -> dict[str, float]:
        """The length as settings by name, for a training with these batches. Characters are at least one update."""
        if self.kind == "budget":
            return {"budget": self.amount}
        if self.kind == "steps":
            return {"steps": int(self.amount)}
        return {"steps": max(1, int(self.amount) // (training.batch_size * training.seq_len * training.accumulate))}


def read_length(text: str, option: str = "--each") -> TrialLength:
    """The length that an option names. Raises UsageError."""
    match = FORM.fullmatch(text.strip())
    number = float(match["number"]) if match else 0.0
    unit = match["unit"] if match else ""
    if not 0 < number <= MOST or (unit not in SECONDS_IN and not number.is_integer()):
        raise UsageError(f"{option} cannot be {text[:40]!r}", f"{option} {text[:40]}", FORMS)
    if unit in SECONDS_IN:
        return TrialLength("budget", number * SECONDS_IN[unit])
    return TrialLength("steps" if unit.startswith("step") else "characters", number)
