"""How far a training has come, in plain numbers that its checkpoints keep. Knows no weights.

Times are seconds of wall clock since the first step, including those of earlier sessions of the run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from charlm.config.settings import TrainingSettings
from charlm.errors import IntegrityError

# settings that decide when a training validates, and on what
PLANNED = ("steps", "epochs", "budget", "validations", "valid_characters")


@dataclass(frozen=True)
class Progress:
    """Counts since the first step. `position` is the next window to read. Scores are nats per character."""

    step: int = 0
    position: int = 0
    characters: int = 0
    seconds: float = 0.0
    train_nats: float = 0.0  # the training score
    best_nats: float | None = None
    best_step: int | None = None
    last_nats: float | None = None
    validations: int = 0
    without_better: int = 0  # validations since the best one
    validation_seconds: float = 0.0  # duration of the last validation
    rate_factor: float = 1.0  # halved by each roll-back
    roll_backs: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], where: str) -> Progress:
        names = {field.name for field in fields(cls)}
        if not names <= set(plain):
            raise IntegrityError(
                "The checkpoint does not record the progress of its training",
                where,
                "Resume from another checkpoint. This one can still be sampled from and scored with.",
            )
        return cls(**{name: plain[name] for name in names})

    def fraction_done(self, training_settings: TrainingSettings, characters_per_epoch: int) -> float:
        """The share of the training that is done, 0 to 1, in steps, epochs or time, whichever the settings give."""
        if training_settings.steps is not None:
            return min(1.0, self.step / training_settings.steps)
        if training_settings.epochs is not None:
            return min(1.0, self.characters / (training_settings.epochs * characters_per_epoch))
        if training_settings.budget is not None:
            # the last validation is part of the budget: leave time for it
            return min(1.0, self.seconds / max(1e-9, training_settings.budget - self.validation_seconds))
        raise ValueError("the settings of a training give neither steps nor epochs nor a budget")

    def end_reason(self, training_settings: TrainingSettings, characters_per_epoch: int) -> str:
        """Why the training ends here: `length` or `patience`; empty if it goes on."""
        if self.fraction_done(training_settings, characters_per_epoch) >= 1:
            return "length"
        patience = training_settings.patience
        return "patience" if patience and self.without_better >= patience else ""

    def planned_anew(self, before: TrainingSettings, now: TrainingSettings, characters_per_epoch: int) -> Progress:
        """The progress under other settings: if the length has changed, the validations that are due by now.

        Those still to come are then spread over the rest, and the last one is at the end. A best score on another part
        of the valid split is forgotten, since it cannot be compared.
        """
        if all(getattr(before, name) == getattr(now, name) for name in PLANNED):
            return self
        due = int(self.fraction_done(now, characters_per_epoch) * now.validations)
        planned = replace(self, validations=due, without_better=0)
        return planned if before.valid_characters == now.valid_characters else replace(planned, best_nats=None)

    def after_validation(self, nats: float, seconds: float) -> Progress:
        """The progress after a validation. A score that is not finite is neither kept nor the best."""
        finite = math.isfinite(nats)
        best = finite and (self.best_nats is None or nats < self.best_nats)
        return replace(
            self,
            last_nats=nats if finite else None,
            best_nats=nats if best else self.best_nats,
            best_step=self.step if best else self.best_step,
            without_better=0 if best else self.without_better + 1,
            validation_seconds=seconds,
        )


class Clock:
    """Wall-clock seconds, starting from the seconds of earlier sessions."""

    def __init__(self, earlier_seconds: float) -> None:
        self._zero = time.perf_counter() - earlier_seconds

    def seconds(self) -> float:
        return time.perf_counter() - self._zero
