"""Settings that may be `auto`: they are chosen when a training by time begins, for its text and machine.

Knows which they are, and not how they are chosen.
"""

from __future__ import annotations

from collections.abc import Mapping

from charlm.config.given import Given
from charlm.config.problems import Problem

AUTO = "auto"
AUTOMATIC = (
    "model.cell",
    "model.hidden_size",
    "model.dropout",
    "training.batch_size",
    "training.learning_rate",
    "training.weight_decay",
    "training.average",
    "training.validations",
)


def left_open(given: Mapping[str, Given]) -> tuple[str, ...]:
    """The names of the settings that are `auto`."""
    return tuple(name for name in AUTOMATIC if name in given and given[name].value == AUTO)


def without(given: Mapping[str, Given], names: tuple[str, ...]) -> dict[str, Given]:
    """The settings without those of these names."""
    return {name: value for name, value in given.items() if name not in names}


def needs_a_number(names: tuple[str, ...]) -> list[Problem]:
    """The problem of settings that are `auto` where nothing can choose them; none without such settings."""
    return _problem(
        names,
        "only a new training chooses that",
        "Give numbers here. `charlm train TEXT --budget 10m` chooses them for the text, the time and the machine.",
    )


def needs_time(names: tuple[str, ...]) -> list[Problem]:
    """The problem of settings that are `auto` in a training whose length is no time; none without such settings."""
    return _problem(
        names, "that needs a length in time", "Give --budget 10m instead of steps or epochs, or give numbers here."
    )


def _problem(names: tuple[str, ...], why: str, remedy: str) -> list[Problem]:
    if not names:
        return []
    verb = "is" if len(names) == 1 else "are"
    return [Problem(names[0], f"{', '.join(names)} {verb} auto, and {why}", remedy)]
