"""Which level of the kernels is loaded: the highest that was compiled, that the processor has and that the user allows.

A library whose instructions the processor lacks would end the process. So a level is never loaded without its flags.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection
from dataclasses import dataclass

from charlm.errors import UsageError
from charlm.kernels.building import Level, levels, library_path
from charlm.machine import processor_flags

SWITCH = "CHARLM_KERNELS"  # an environment variable: the highest level to use, or OFF
OFF = "0"


@dataclass(frozen=True)
class Choice:
    """The level to load, if there is one, and for a person why it is not the one that was asked for or the best."""

    level: Level | None
    reason: str = ""


def allowed_levels(name: str) -> tuple[Level, ...]:
    """The levels up to the one of this name, the lowest first; all if the name is empty, none if it is OFF.

    Raises UsageError for a name that is none of this architecture's levels.
    """
    every = levels()
    if name == OFF:
        return ()
    if not name:
        return every
    names = [level.name for level in every]
    if name not in names:
        remedy = f"Levels on this architecture: {', '.join(names)}. {OFF} turns the kernels off."
        raise UsageError(f"{SWITCH}: there is no level {name!r}", remedy=remedy)
    return every[: names.index(name) + 1]


def choose(name: str, built: Collection[Level], flags: Collection[str]) -> Choice:
    """The highest level up to the named one that was built, and all of whose needs are among the processor's flags."""
    if name == OFF:
        return Choice(None, f"{SWITCH} is {OFF}")
    reason = ""
    for level in reversed(allowed_levels(name)):
        missing = level.needs.difference(flags)
        if not missing and level in built:
            return Choice(level, reason)
        if not missing:
            reason = reason or f"{level.name} is not compiled"
        elif level.name == name:
            reason = f"{SWITCH} is {name}, and this processor lacks {', '.join(sorted(missing))}"
    return Choice(None, reason)


def built_levels() -> tuple[Level, ...]:
    """The levels that are compiled for these sources, the lowest first."""
    return tuple(level for level in levels() if library_path(level).exists())


def choice() -> Choice:
    """What this process loads. Raises UsageError as `allowed_levels` does."""
    built = built_levels()
    return choose(os.environ.get(SWITCH, ""), built, supported_flags(built))


def supported_flags(built: Collection[Level]) -> frozenset[str]:
    """The processor's flags among those that a level needs: as the system lists them, or else as the kernels find."""
    if listed := processor_flags():
        return listed
    lowest = next((level for level in built if not level.needs), None)
    try:
        found = ctypes.CDLL(str(library_path(lowest))) if lowest else None
    except OSError:
        found = None
    if found is None:
        return frozenset()
    needed = frozenset[str]().union(*(level.needs for level in levels()))
    return frozenset(flag for flag in needed if found.processor_has(flag.encode()))
