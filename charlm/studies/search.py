"""A search for settings: one setting after the other, each value in a training of its own, and the best one is kept.

The score that decides is the one on the `valid` split of the search's own `text.splits`. That split lies inside the
part that a later training trains on, so the validation of that training is not used. Each training is a run, and a line
in trials.jsonl beside the runs; what is listed there is not trained again. Knows no terminal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from charlm.cells.naming_files import own_settings, own_stack_problems
from charlm.config.presets import read_config
from charlm.config.resolving import resolve
from charlm.config.section import Listed, Section
from charlm.config.settings import Settings
from charlm.config.stored import to_yaml
from charlm.errors import UsageError
from charlm.runs import Run, read_metrics
from charlm.studies.one_training import open_text, train_run
from charlm.studies.results import append_row
from charlm.studies.validation import validate_document
from charlm.training.events import Event
from charlm.training.loop import never
from charlm.training.task_kinds import is_bounded

TRIALS = "trials.jsonl"
REMEDY = "A search has name, preset, base and choices; see configs/searches."

Values = dict[str, Any]  # settings by dotted name


class Search(Section):
    """`choices` are settings and their values, tried in this order; the first values are where the search starts."""

    name: str = Field(pattern=r"^[\w.-]{1,40}$")
    preset: str
    base: Values
    choices: dict[str, Annotated[tuple[Any, ...], Listed, Field(min_length=1)]] = Field(min_length=1)

    @property
    def trials(self) -> int:
        """How many candidates there are."""
        return 1 + sum(len(values) - 1 for values in self.choices.values())


@dataclass(frozen=True)
class CandidateStarted:
    """Values are about to be tried; `number` counts from 1, `run` is the name of the training."""

    values: Values
    number: int
    run: str


@dataclass(frozen=True)
class CandidateTraining:
    """An event of the training of a candidate."""

    event: Event


@dataclass(frozen=True)
class CandidateScored:
    """`nats` per character on the valid split, None if the training diverged. `is_new` if it was trained just now.

    `bounded` if the score is an upper bound.
    """

    values: Values
    number: int
    nats: float | None
    is_new: bool
    bounded: bool = False

    def is_better_than(self, other: CandidateScored) -> bool:
        return self.nats is not None and (other.nats is None or self.nats < other.nats)


@dataclass(frozen=True)
class SearchInterrupted:
    """`stop` returned True; everything is saved."""

    number: int


@dataclass(frozen=True)
class SearchFinished:
    """All values were tried."""

    best: CandidateScored


SearchEvent = CandidateStarted | CandidateTraining | CandidateScored | SearchInterrupted | SearchFinished


def open_search(file: str) -> Search:
    """The search in a YAML file, with each of its values checked. Raises UsageError."""
    search = validate_document(Search, read_config(Path(file), file), file, "search", REMEDY)
    start = {name: values[0] for name, values in search.choices.items()}
    for name, values in search.choices.items():
        for value in values:
            _settings(search, {**start, name: value}, file)
    return search


def run_search(
    search: Search, home: Path, source: str, stop: Callable[[], bool], save: Callable[[], bool] = never
) -> Iterator[SearchEvent]:
    """Try the values, and train in `home` what trials.jsonl does not list. The last event says how the search ended.

    `stop` and `save` are called once a step: True saves and ends the search, or saves and goes on.
    """
    numbers = count(1)
    start = {name: values[0] for name, values in search.choices.items()}
    best = yield from _score(search, start, next(numbers), home, source, stop, save)
    for name, values in search.choices.items():
        for value in values[1:]:
            if best is None:
                return
            scored = yield from _score(search, {**best.values, name: value}, next(numbers), home, source, stop, save)
            if scored is None:
                return
            best = scored if scored.is_better_than(best) else best
    if best is not None:
        yield SearchFinished(best)


def _score(
    search: Search,
    values: Values,
    number: int,
    home: Path,
    source: str,
    stop: Callable[[], bool],
    save: Callable[[], bool],
) -> Generator[SearchEvent, None, CandidateScored | None]:
    """The score of the values, from trials.jsonl or from a training; None after an interruption."""
    settings = _settings(search, values, source)
    bounded = is_bounded(settings)
    for row in read_metrics(home / TRIALS):
        if row.get("settings") == values:
            scored = CandidateScored(values, number, row.get("nats"), is_new=False, bounded=bounded)
            yield scored
            return scored
    if stop():
        yield SearchInterrupted(number)
        return None
    run = _run_for(settings, home)
    yield CandidateStarted(values, number, run)
    ended = yield from train_run(settings, open_text(settings), home / run, CandidateTraining, stop, save)
    finished = ended.finished
    if ended.interrupted:
        yield SearchInterrupted(number)
        return None
    if finished is not None and finished.best_nats is None:
        raise UsageError(
            "A search needs a score on the valid split",
            source,
            "Give text.splits a valid part, and training.validations at least 1.",
        )
    nats = None if finished is None else finished.best_nats
    scored = CandidateScored(values, number, nats, is_new=True, bounded=bounded)
    append_row(home / TRIALS, {"nats": scored.nats, "settings": values})
    yield scored
    return scored


def _settings(search: Search, values: Values, source: str) -> Settings:
    """The settings of a candidate, as `charlm train` makes them from -c and -s. Raises UsageError."""
    overrides = [f"{name}={json.dumps(value)}" for name, value in {**search.base, **values}.items()]
    try:
        return own_settings(resolve(search.preset, overrides, {}, [own_stack_problems]).settings)
    except UsageError as error:
        raise UsageError(error.what, source, error.remedy) from None


def _run_for(settings: Settings, home: Path) -> str:
    """The name of a run to resume, which has these settings, or the first name that is free."""
    runs = (Run(home / f"trial-{number}") for number in count(1))
    return next(run.name for run in runs if not run.folder.exists() or _has_settings(run, settings))


def _has_settings(run: Run, settings: Settings) -> bool:
    return run.config.is_file() and run.config.read_text(encoding="utf-8") == to_yaml(settings)
