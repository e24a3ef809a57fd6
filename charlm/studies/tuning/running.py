"""Trains the trials of a search, one after the other, as long as there are some to take: a generator of events.

Each trial is an ordinary run, as long as `--each` says. Several processes, on one machine or on several, may do this in
one folder. Imports Optuna: import it late. Knows no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial

from optuna.trial import TrialState

from charlm.checkpoint.kinds_of_model import count_parameters_of
from charlm.config.settings import Settings
from charlm.errors import UsageError
from charlm.runs import replace_text
from charlm.studies.one_training import train_run
from charlm.studies.tuning.best_preset import preset_text
from charlm.studies.tuning.claiming import Claimed, Search
from charlm.studies.tuning.results import RESULT, TOO_LARGE, TrialRow, best_of, row_of, rows_of
from charlm.training.events import Event
from charlm.training.loop import never


@dataclass(frozen=True)
class TrialStarted:
    """A trial is about to train, or to go on if `left` by a process that was killed or interrupted."""

    number: int
    values: dict[str, object]
    run: str
    left: bool


@dataclass(frozen=True)
class TrialTraining:
    """An event of the training of a trial."""

    number: int
    event: Event


@dataclass(frozen=True)
class TrialEnded:
    """A trial is in the journal: scored, failed, or too large to be trained."""

    row: TrialRow


@dataclass(frozen=True)
class TuneInterrupted:
    """`stop` returned True; everything is saved."""


TuneEvent = TrialStarted | TrialTraining | TrialEnded | TuneInterrupted


def run_search(
    search: Search, wanted: int, stop: Callable[[], bool], save: Callable[[], bool] = never
) -> Iterator[TuneEvent]:
    """Train trials until `wanted` of the search are finished, or are trained by other processes.

    The last event is TuneInterrupted if `stop` returned True: the trial in training is saved, and the next process that
    runs the search goes on with it. `save` is called once a step too: True saves a checkpoint.
    """
    while True:
        if stop():
            yield TuneInterrupted()
            return
        with search.claim(wanted) as claimed:
            if claimed is None:
                keep_best(search)  # also if a process was killed after it had scored a trial
                return
            row = yield from _run_trial(search, claimed, stop, save)
        if row is None:
            yield TuneInterrupted()
            return
        keep_best(search)
        yield TrialEnded(row)


def keep_best(search: Search) -> None:
    """Write the preset of the best trial so far, if one has a score."""
    with search.home.claiming():  # a slower process must not write over a better one
        rows = rows_of(search.study)
        if best := best_of(rows):
            replace_text(search.home.best, preset_text(search.plan, best, len(rows)))


def _run_trial(
    search: Search, claimed: Claimed, stop: Callable[[], bool], save: Callable[[], bool]
) -> Generator[TuneEvent, None, TrialRow | None]:
    """Train and score one trial, and write the result into the journal; None after an interruption."""
    plan, run = search.plan, search.home.run(claimed.number)
    try:
        settings = plan.trial(claimed.values)
    except UsageError as error:  # values that suit the settings one by one, and not together
        return _failed(search, claimed, error.what, {})
    parameters = count_parameters_of(settings.model, plan.inner.vocabulary.size)
    most = plan.asked.at_most_parameters
    if most is not None:
        _limit(claimed, "parameters", parameters - most)
        if parameters > most:
            why = f"{parameters:,} parameters are more than {most:,}"
            return _failed(search, claimed, why, {"parameters": parameters, TOO_LARGE: True})
    yield TrialStarted(claimed.number, claimed.values, run.name, claimed.left)
    return (yield from _trained(search, claimed, settings, parameters, stop, save))


def _trained(
    search: Search,
    claimed: Claimed,
    settings: Settings,
    parameters: int,
    stop: Callable[[], bool],
    save: Callable[[], bool],
) -> Generator[TuneEvent, None, TrialRow | None]:
    run, wrap = search.home.run(claimed.number), partial(TrialTraining, claimed.number)
    try:
        ended = yield from train_run(settings, search.plan.inner, run, wrap, stop, save)
    except UsageError as error:  # its memory ran out
        return _failed(search, claimed, error.what, {"parameters": parameters})
    finished = ended.finished
    if ended.interrupted:
        return None
    if finished is None or finished.last_nats is None:
        return _failed(search, claimed, ended.diverged or "it was not scored", {"parameters": parameters})
    most = search.plan.asked.at_most_seconds
    if most is not None:
        _limit(claimed, "seconds", finished.seconds - most)
    about = {"parameters": parameters, "seconds": round(finished.seconds, 2), "steps": finished.step}
    claimed.trial.set_user_attr(RESULT, about)
    return row_of(search.study.tell(claimed.trial, finished.last_nats))


def _limit(claimed: Claimed, name: str, excess: float) -> None:
    """Say by how much the trial breaks a limit, unless the process that began it has; 0 and less is within it."""
    if name not in claimed.trial.constraints:
        claimed.trial.set_constraint(name, excess)


def _failed(search: Search, claimed: Claimed, why: str, about: dict[str, object]) -> TrialRow:
    """A trial without a score.

    Optuna calls it pruned: its sampler takes pruned trials for the worst, and keeps away from what diverges. From
    failed ones it would learn nothing.
    """
    claimed.trial.set_user_attr(RESULT, {**about, "why": why})
    return row_of(search.study.tell(claimed.trial, state=TrialState.PRUNED))
