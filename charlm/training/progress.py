"""Where a training stands, in plain numbers that a checkpoint keeps. Knows no weights.

Times are seconds of wall clock since the first step, those before an interruption included.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from charlm.config.settings import TrainingSettings
from charlm.errors import IntegrityError


@dataclass(frozen=True)
class Progress:
    """Counts since the beginning. `position` is the next window to read; scores are nats per character."""

    step: int = 0
    position: int = 0
    characters: int = 0
    seconds: float = 0.0
    train_nats: float = 0.0  # running mean over about the last hundred updates
    best_nats: float | None = None
    best_step: int | None = None
    last_nats: float | None = None
    validations: int = 0
    without_better: int = 0  # validations since the best one
    validation_seconds: float = 0.0  # what the last one took
    rate_factor: float = 1.0  # halved by each roll-back
    roll_backs: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any], where: str) -> Progress:
        names = {field.name for field in fields(cls)}
        if not names <= set(plain):
            raise IntegrityError(
                "The checkpoint does not say where its training stood",
                where,
                "It can be sampled from and scored with; to go on training, take another one.",
            )
        return cls(**{name: plain[name] for name in names})

    def share(self, settings: TrainingSettings, characters_per_epoch: int) -> float:
        """How much of the training is done, 0 to 1, by whichever length it was given."""
        if settings.steps is not None:
            return min(1.0, self.step / settings.steps)
        if settings.epochs is not None:
            return min(1.0, self.characters / (settings.epochs * characters_per_epoch))
        if settings.budget is not None:
            # the last validation belongs to the budget too, so the updates end that much before it
            return min(1.0, self.seconds / max(1e-9, settings.budget - self.validation_seconds))
        raise ValueError("a training needs steps, epochs or a budget")

    def validated(self, nats: float, seconds: float) -> Progress:
        """After an exact score on the valid split. One that is not finite is never the best, and not remembered."""
        finite = math.isfinite(nats)
        best = finite and (self.best_nats is None or nats < self.best_nats)
        return replace(
            self,
            last_nats=nats if finite else None,
            best_nats=nats if best else self.best_nats,
            best_step=self.step if best else self.best_step,
            validations=self.validations + 1,
            without_better=0 if best else self.without_better + 1,
            validation_seconds=seconds,
        )


class Clock:
    """Wall-clock seconds, going on from those of an earlier sitting."""

    def __init__(self, before: float) -> None:
        self._zero = time.perf_counter() - before

    def seconds(self) -> float:
        return time.perf_counter() - self._zero
