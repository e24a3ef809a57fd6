"""The length of a training: a total in updates, epochs or time, and what `--more` adds to what is done.

Knows no weights and no files.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from pydantic import ValidationError

from charlm.config.settings import SECONDS_IN, Settings, TrainingSettings
from charlm.errors import UsageError
from charlm.training.progress import Progress

FORM = re.compile(r"(?P<number>[0-9]{1,12}(?:\.[0-9]{1,9})?) ?(?P<unit>steps?|epochs?|s|m|h|)")
FORMS = "Write it as 500 (updates), 2epochs, 90s, 5m or 2h."
LENGTHS = ("steps", "epochs", "budget")


@dataclass(frozen=True)
class Length:
    """An amount of training, in the unit of the setting `kind`: steps, epochs, or budget (seconds)."""

    kind: str
    amount: float

    def as_option(self) -> str:
        """The option of the command line that gives this total: `--steps 500`."""
        return f"--{self.kind} {self._number()}"

    def as_more(self) -> str:
        """What follows `--more` for this amount: `500`, `2epochs`, `5m`."""
        return self._number() + ("epochs" if self.kind == "epochs" else "")

    def in_words(self) -> str:
        return f"{self._number()} of wall-clock time" if self.kind == "budget" else f"{self._number()} {self.kind}"

    def _number(self) -> str:
        if self.kind == "budget":
            return duration(self.amount)
        return str(math.ceil(self.amount)) if self.kind == "steps" else f"{self.amount:.6g}"


def duration(seconds: float) -> str:
    """Seconds as the command line takes them, rounded up: 90s, 5m, 2h."""
    whole = math.ceil(seconds - 1e-6)
    unit = next(unit for unit in ("h", "m", "s") if whole % SECONDS_IN[unit] == 0)
    return f"{whole // int(SECONDS_IN[unit])}{unit}"


def parse_more(text: str) -> Length:
    """The amount that `--more` names: `500` or `500steps`, `2epochs`, `90s`, `5m`, `2h`. Raises UsageError."""
    match = FORM.fullmatch(text.strip())
    number = float(match["number"]) if match else 0.0
    unit = match["unit"].rstrip("s") or match["unit"] if match else ""
    if unit in SECONDS_IN:
        more = Length("budget", number * SECONDS_IN[unit])
    else:
        more = Length("epochs" if unit == "epoch" else "steps", number)
    if not number or (more.kind == "steps" and not number.is_integer()):
        raise UsageError(f"--more cannot be {text[:40]!r}", "how much more to train", FORMS)
    return more


def total_of(settings: TrainingSettings) -> Length:
    """The length that the settings give. Raises ValueError if they give none."""
    for kind in LENGTHS:
        amount = getattr(settings, kind)
        if amount is not None:
            return Length(kind, amount)
    raise ValueError("the settings of a training give neither steps nor epochs nor a budget")


def done_in(kind: str, progress: Progress, characters_per_epoch: int) -> Length:
    """How far the training has come, in the unit of this kind of length."""
    amounts = {
        "steps": progress.step,
        "epochs": progress.characters / characters_per_epoch,
        "budget": progress.seconds,
    }
    return Length(kind, amounts[kind])


def with_more(settings: Settings, more: Length, progress: Progress, characters_per_epoch: int) -> Settings:
    """The settings with this much training added to what is done. Raises UsageError if it becomes too long."""
    total = done_in(more.kind, progress, characters_per_epoch).amount + more.amount
    exact: float | int = int(total) if more.kind == "steps" else total
    values = settings.training.model_dump() | dict.fromkeys(LENGTHS) | {more.kind: exact}
    try:
        training = TrainingSettings.model_validate(values)
    except ValidationError:
        raise UsageError(
            f"--more {more.as_more()} makes the training too long", f"{exact:.9g} {more.kind}", "Give less."
        ) from None
    return settings.model_copy(update={"training": training})


def require_unfinished(
    settings: TrainingSettings, progress: Progress, characters_per_epoch: int, run: str, command: str, given: bool
) -> None:
    """Raises UsageError, with ways to go on, if the training has reached its length or run out of patience.

    `command` resumes the run. `given` is True if the length was given now, and not when the run began.
    """
    reason = progress.end_reason(settings, characters_per_epoch)
    if not reason:
        return
    total = total_of(settings)
    done = done_in(total.kind, progress, characters_per_epoch)
    more = Length(total.kind, total.amount if given or reason == "patience" else max(done.amount, total.amount))
    if reason == "patience":
        raise UsageError(
            f"{run} has ended: {progress.without_better} validations in a row were not better",
            f"at step {progress.step:,}, with training.patience={settings.patience}",
            f"Train it for longer, or be more patient:\n  {command} --more {more.as_more()}\n"
            f"  {command} -s training.patience={2 * (settings.patience or 1)}",
        )
    larger = Length(total.kind, done.amount + more.amount)
    what = f"{total.as_option()} is a total, and {run} has reached it" if given else f"{run} has reached its length"
    raise UsageError(
        what,
        f"{done.in_words()} are done" if given else f"{total.in_words()}, at step {progress.step:,}",
        f"Give a larger total, or say how much more:\n  {command} {larger.as_option()}\n"
        f"  {command} --more {more.as_more()}",
    )
