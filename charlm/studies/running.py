"""Trains the trials of a study one after the other: a generator of events. Each trial is an ordinary run that is kept.

Finished trials are not trained again, and an interrupted one is resumed. If the study chooses a setting, its candidates
are trained first (choosing.py). Knows no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from charlm.studies.choosing import (
    Candidate,
    ChoosingEvent,
    ChoosingInterrupted,
    ValueChosen,
    choose_values,
    make_candidates,
)
from charlm.studies.claims import Claims
from charlm.studies.cost import measure_cost
from charlm.studies.grid import Trial
from charlm.studies.held import Held
from charlm.studies.measuring import MEASURED
from charlm.studies.one_training import train_run
from charlm.studies.preparing import PreparedTrial, prepare_trials
from charlm.studies.results import StudyFolder
from charlm.studies.study import Place, Study
from charlm.training.events import Event
from charlm.training.loop import never


@dataclass(frozen=True)
class PreparedStudy:
    """`alternatives` are the trials, once with each value of the study's `choose`; without it, once.

    They stand in the same order, and differ in that value alone. `candidates` are trained before them.
    """

    study: Study
    alternatives: Sequence[Sequence[PreparedTrial]]
    candidates: Sequence[Candidate]

    @property
    def any_trials(self) -> Sequence[PreparedTrial]:
        """All trials, before anything is chosen."""
        return self.alternatives[0]

    def trials(self, chosen: Mapping[Place, object]) -> list[PreparedTrial]:
        """The trials, each with the value that is chosen for its place; without those whose value is not chosen."""
        if self.study.choose is None:
            return list(self.any_trials)
        values = self.study.choose.values
        return [
            next(each for each, value in zip(versions, values, strict=True) if value == chosen[each.trial.place])
            for versions in zip(*self.alternatives, strict=True)
            if versions[0].trial.place in chosen
        ]


def prepare_study(study: Study, alternatives: Sequence[Sequence[Trial]], folder: Path, source: str) -> PreparedStudy:
    """The study ready to run, with its texts opened and its sizes solved. Raises UsageError, before anything trains."""
    prepared = [prepare_trials(study, trials, folder, source) for trials in alternatives]
    return PreparedStudy(study, prepared, make_candidates(study, prepared, source))


@dataclass(frozen=True)
class TrialStarted:
    """A trial is about to train; `number` counts from 1 over all trials of the study."""

    prepared: PreparedTrial
    number: int
    total: int


@dataclass(frozen=True)
class TrialTraining:
    """An event of the training of a trial."""

    prepared: PreparedTrial
    event: Event


@dataclass(frozen=True)
class TrialMeasured:
    """The training of a trial has ended; `values` are its results."""

    prepared: PreparedTrial
    values: dict[str, Any]


@dataclass(frozen=True)
class TrialFinished:
    """The results of a trial are saved as `row`. If not `is_new`, they were saved in an earlier session."""

    prepared: PreparedTrial
    row: dict[str, Any]
    is_new: bool


@dataclass(frozen=True)
class StudyInterrupted:
    """`stop` returned True; everything is saved."""

    prepared: PreparedTrial


StudyEvent = ChoosingEvent | TrialStarted | TrialTraining | TrialMeasured | TrialFinished | StudyInterrupted


def run_study(
    study: PreparedStudy, home: StudyFolder, stop: Callable[[], bool], save: Callable[[], bool] = never
) -> Iterator[StudyEvent]:
    """Train what is not finished: first the candidates, if a setting is chosen, then the trials.

    The last event is StudyInterrupted or ChoosingInterrupted if `stop` returned True. `save` is called once a step too:
    True saves a checkpoint of the run in training. Raises BusyError if another process trains one of them.
    """
    chosen: dict[Place, object] = {}
    for choosing in choose_values(study.candidates, home, stop, save):
        yield choosing
        if isinstance(choosing, ChoosingInterrupted):
            return
        if isinstance(choosing, ValueChosen):
            chosen[choosing.place] = choosing.value
    trials, claims = study.trials(chosen), Claims(home.work)
    done = home.finished()
    for prepared in trials:
        if prepared.trial.key in done:
            yield TrialFinished(prepared, done[prepared.trial.key], is_new=False)
    for number, prepared in enumerate(trials, 1):
        if prepared.trial.key in done:
            continue
        claims.wait(prepared.name, stop)
        if stop():
            yield StudyInterrupted(prepared)
            return
        yield TrialStarted(prepared, number, len(trials))
        with claims.hold(prepared.name) as held:
            row = yield from train_trial(prepared, study.study, home, held, stop, save)
            if row is None:
                yield StudyInterrupted(prepared)
                return
            home.add(row)
        yield TrialFinished(prepared, row, is_new=True)


def train_trial(
    prepared: PreparedTrial,
    study: Study,
    home: StudyFolder,
    held: Held,
    stop: Callable[[], bool],
    save: Callable[[], bool] = never,
) -> Generator[StudyEvent, None, dict[str, Any] | None]:
    """Train and measure a trial, whose claim is `held`. Its line of results.jsonl; None after an interruption."""
    measured: TrialMeasured | None = None
    for event in _run_trial(prepared, home, held, stop, save):
        measured = event if isinstance(event, TrialMeasured) else None
        yield event
    return None if measured is None else _description(prepared, study.choose is not None) | measured.values


def _run_trial(
    prepared: PreparedTrial, home: StudyFolder, held: Held, stop: Callable[[], bool], save: Callable[[], bool]
) -> Iterator[TrialTraining | TrialMeasured]:
    """Ends with TrialMeasured, unless the training was interrupted."""
    settings = prepared.trial.settings
    if prepared.trial.measure == "cost":
        yield TrialMeasured(prepared, measure_cost(settings))
        return
    run = home.folder / prepared.name
    ended = yield from train_run(settings, prepared.corpus, run, partial(TrialTraining, prepared), stop, save, held)
    finished = ended.finished
    if finished is None:
        yield TrialMeasured(prepared, {"diverged": True, "why": ended.diverged, "nats": None})
        return
    if ended.interrupted:
        return
    values = {
        "diverged": False,
        "steps": finished.step,
        "characters": finished.characters,
        "seconds": round(finished.seconds, 3),
        "characters_per_second": round(finished.characters / max(finished.seconds, 1e-9)),
        "nats": finished.last_nats,
    }
    yield TrialMeasured(prepared, values | MEASURED[prepared.trial.measure](ended.run, prepared))


def _description(prepared: PreparedTrial, chooses: bool) -> dict[str, Any]:
    """The part of a row that does not depend on the training."""
    trial = prepared.trial
    chosen = {"chosen": trial.chosen} if chooses else {}
    return {
        "variant": trial.variant,
        "levels": dict(trial.levels),
        "seed": trial.seed,
        "measure": trial.measure,
        "parameters": prepared.parameters,
        "hidden_size": trial.settings.model.hidden_size,
        **chosen,
        "run": None if trial.measure == "cost" else trial.name,
    }
