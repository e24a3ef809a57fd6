"""Chooses a setting for each variant of a study, before its trials are trained: a generator of events.

Each value is trained once, on most of the training split, and scored on the rest of it (inner_split.py), with a seed
that no trial has. The validation split, which the trials are compared by, is not used. Each of these trainings is a run
beside the trials, and a line in choices.jsonl; what is listed there is not trained again. Knows no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from charlm.config.settings import Settings, TrainingSettings
from charlm.studies.claims import Claims
from charlm.studies.grid import with_seed
from charlm.studies.held import Held
from charlm.studies.inner_split import inside_training, open_inside
from charlm.studies.one_training import train_run
from charlm.studies.preparing import PreparedTrial
from charlm.studies.results import StudyFolder, best_choice, find_choice
from charlm.studies.study import Choose, Place, Study
from charlm.text.corpus import Corpus
from charlm.training.events import Event
from charlm.training.loop import never
from charlm.training.task_kinds import is_bounded, read_as


@dataclass(frozen=True)
class Candidate:
    """A value of the chosen setting for one place, ready to train; `number` counts the values of a place from 1."""

    place: Place
    value: object
    number: int
    settings: Settings
    corpus: Corpus

    @property
    def name(self) -> str:
        """The name of its run: `lstm.gap-20.choose-1`."""
        variant, levels = self.place
        return ".".join([variant, *(f"{factor}-{level}" for factor, level in levels), f"choose-{self.number}"])

    @property
    def bounded(self) -> bool:
        """Whether its score is an upper bound."""
        return is_bounded(self.settings)


@dataclass(frozen=True)
class CandidateStarted:
    """A candidate is about to train."""

    candidate: Candidate


@dataclass(frozen=True)
class CandidateTraining:
    """An event of the training of a candidate."""

    candidate: Candidate
    event: Event


@dataclass(frozen=True)
class CandidateScored:
    """The score of a candidate is saved. `nats` per character; None if its training diverged.

    If not `is_new`, it was saved in an earlier session.
    """

    candidate: Candidate
    nats: float | None
    is_new: bool


@dataclass(frozen=True)
class ValueChosen:
    """All candidates of a place are scored, and this value is the best of them. `is_new` if one was scored just now."""

    place: Place
    value: object
    is_new: bool


@dataclass(frozen=True)
class ChoosingInterrupted:
    """`stop` returned True; everything is saved."""

    candidate: Candidate


ChoosingEvent = CandidateStarted | CandidateTraining | CandidateScored | ValueChosen | ChoosingInterrupted


def make_candidates(study: Study, alternatives: Sequence[Sequence[PreparedTrial]], source: str) -> list[Candidate]:
    """The candidates of all places, the values of a place one after the other; none without `choose`.

    `alternatives` are the study's trials, once with each value. Raises UsageError if the training split of a text
    cannot be divided.
    """
    if study.choose is None:
        return []
    seed = next(number for number in count() if number not in study.seeds)
    corpora: dict[tuple[str, str], Corpus] = {}
    candidates = []
    for number, trials in enumerate(alternatives, 1):
        for prepared in trials[: len(trials) // len(study.seeds)]:  # those of the first seed
            settings = _settings(prepared, study.choose, seed)
            key = settings.text.model_dump_json(), read_as(settings).model_dump_json()
            if key not in corpora:
                corpora[key] = open_inside(prepared.trial.settings, prepared.corpus, f"{source}, choose")
            candidates.append(Candidate(prepared.trial.place, prepared.trial.chosen, number, settings, corpora[key]))
    places = list(dict.fromkeys(candidate.place for candidate in candidates))
    return sorted(candidates, key=lambda candidate: (places.index(candidate.place), candidate.number))


def _settings(prepared: PreparedTrial, choose: Choose, seed: int) -> Settings:
    settings = with_seed(prepared.trial, seed).settings
    text = inside_training(settings, prepared.corpus)
    return settings.model_copy(update={"text": text, "training": _shortened(settings.training, choose.budget_share)})


def _shortened(training: TrainingSettings, share: float) -> TrainingSettings:
    """With that share of the length, but at least one update."""
    if training.budget is not None:
        return training.model_copy(update={"budget": training.budget * share})
    assert training.steps is not None
    return training.model_copy(update={"steps": max(1, round(training.steps * share))})


def train_candidate(
    candidate: Candidate,
    home: StudyFolder,
    held: Held,
    stop: Callable[[], bool],
    save: Callable[[], bool] = never,
) -> Generator[ChoosingEvent, None, dict[str, Any] | None]:
    """Train and score a candidate, whose claim is `held`. Its line of choices.jsonl; None after an interruption."""
    yield CandidateStarted(candidate)
    wrap, run = partial(CandidateTraining, candidate), home.folder / candidate.name
    ended = yield from train_run(candidate.settings, candidate.corpus, run, wrap, stop, save, held)
    if ended.interrupted:
        return None
    return _description(candidate) | {"nats": ended.finished.last_nats if ended.finished else None}


def choose_values(
    candidates: Sequence[Candidate], home: StudyFolder, stop: Callable[[], bool], save: Callable[[], bool] = never
) -> Iterator[ChoosingEvent]:
    """Train and score the candidates that choices.jsonl does not list.

    The last event is ChoosingInterrupted if `stop` returned True. `save` is called once a step too: True saves a
    checkpoint of the candidate in training. Raises BusyError if another process trains one of them.
    """
    claims, new_places = Claims(home.work), set()
    for number, candidate in enumerate(candidates, 1):
        row = find_choice(home.choices(), candidate.place, candidate.value)
        is_new = row is None
        if row is None:
            claims.wait(candidate.name, stop)
            if stop():
                yield ChoosingInterrupted(candidate)
                return
            with claims.hold(candidate.name) as held:
                row = yield from train_candidate(candidate, home, held, stop, save)
                if row is None:
                    yield ChoosingInterrupted(candidate)
                    return
                home.add_choice(row)
            new_places.add(candidate.place)
        yield CandidateScored(candidate, row["nats"], is_new)
        if number == len(candidates) or candidates[number].place != candidate.place:
            value = best_choice(home.choices(), candidate.place)["value"]
            yield ValueChosen(candidate.place, value, is_new=candidate.place in new_places)


def _description(candidate: Candidate) -> dict[str, Any]:
    variant, levels = candidate.place
    return {
        "variant": variant,
        "levels": dict(levels),
        "value": candidate.value,
        "number": candidate.number,
        "run": candidate.name,
    }
