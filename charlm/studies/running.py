"""The trials of a study, one after the other: a generator of events, each run an ordinary one that is kept.

What is finished is not done again, and what was interrupted goes on where it was. Knows no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from charlm.errors import DivergedError
from charlm.studies import cost
from charlm.studies.measuring import recalled
from charlm.studies.preparing import Ready
from charlm.studies.results import StudyFolder
from charlm.training.events import Event, Finished
from charlm.training.experiment import begin_or_resume


@dataclass(frozen=True)
class Begun:
    """A run is about to train; `number` counts from 1 over all trials of the study."""

    ready: Ready
    number: int
    total: int


@dataclass(frozen=True)
class Trained:
    """An event of the training that runs now."""

    ready: Ready
    event: Event


@dataclass(frozen=True)
class Ended:
    """A run is finished and its line written; or was before, and is only told."""

    ready: Ready
    row: dict[str, Any]
    is_new: bool


@dataclass(frozen=True)
class Interrupted:
    """`stop` said so; everything is saved."""

    ready: Ready


StudyEvent = Begun | Trained | Ended | Interrupted


def run(trials: Sequence[Ready], home: StudyFolder, stop: Callable[[], bool]) -> Iterator[StudyEvent]:
    """Train what is not finished yet. Ends after Interrupted, or when all is done."""
    done = home.finished()
    for ready in trials:
        if ready.trial.key in done:
            yield Ended(ready, done[ready.trial.key], is_new=False)
    for number, ready in enumerate(trials, 1):
        if ready.trial.key in done:
            continue
        if stop():
            yield Interrupted(ready)
            return
        yield Begun(ready, number, len(trials))
        measured: dict[str, Any] | None = None
        if ready.trial.measure == "cost":
            measured = cost.measure(ready.trial.settings)
        else:
            for event in _trained(ready, home, stop):
                if isinstance(event, dict):
                    measured = event
                else:
                    yield Trained(ready, event)
        if measured is None:
            yield Interrupted(ready)
            return
        row = _about(ready) | measured
        home.add(row)
        yield Ended(ready, row, is_new=True)


def _about(ready: Ready) -> dict[str, Any]:
    trial = ready.trial
    return {
        "variant": trial.variant,
        "levels": dict(trial.levels),
        "seed": trial.seed,
        "measure": trial.measure,
        "parameters": ready.parameters,
        "hidden_size": trial.settings.model.hidden_size,
        "run": None if trial.measure == "cost" else trial.name,
    }


def _trained(ready: Ready, home: StudyFolder, stop: Callable[[], bool]) -> Iterator[Event | dict[str, Any]]:
    """The events of one run, and at the end, unless it was interrupted, what was measured."""
    trial = ready.trial
    finished = None
    with begin_or_resume(trial.settings, ready.corpus, home.folder, trial.name) as training:
        try:
            for event in training.events(stop):
                finished = event if isinstance(event, Finished) else finished
                yield event
        except DivergedError as error:
            yield {"diverged": True, "why": error.what, "nats": None}
            return
    assert finished is not None
    if finished.reason == "signal":
        return
    measured = {
        "diverged": False,
        "steps": finished.step,
        "characters": finished.characters,
        "seconds": round(finished.seconds, 3),
        "characters_per_second": round(finished.characters / max(finished.seconds, 1e-9)),
        "nats": finished.last_nats,
    }
    if trial.measure == "recall":
        measured |= recalled(training.run, ready)
    yield measured
