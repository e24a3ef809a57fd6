"""A worker: trains the jobs of a study that nobody else trains, one after the other, beside workers on any machine.

Each job is claimed first (claims.py), so that no two processes train it at once, and its line is kept in a file of its
own (`StudyFolder.put`). What a worker that was killed has begun, the next one resumes. Knows no terminal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from charlm.errors import BusyError, CharlmError, UsageError
from charlm.studies.choosing import Candidate, train_candidate
from charlm.studies.claims import Claims
from charlm.studies.ledger import Job, Ledger
from charlm.studies.results import StudyFolder
from charlm.studies.running import PreparedStudy, StudyEvent, TrialStarted, train_trial
from charlm.training.loop import never

PAUSE = 0.05, 1.0  # seconds between two looks at a folder in which nothing is free, at first and at most


@dataclass(frozen=True)
class JobFailed:
    """A job ended with an error, which this worker does not try again."""

    job: Job
    error: CharlmError


@dataclass(frozen=True)
class WorkersAwaited:
    """Nothing is free: the others train what is left. `jobs` are their names, each with its holder."""

    jobs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WorkEnded:
    """The last event. `interrupted` if `stop` returned True; everything is saved."""

    interrupted: bool
    done: int
    total: int


WorkEvent = StudyEvent | JobFailed | WorkersAwaited | WorkEnded


def work(
    study: PreparedStudy, home: StudyFolder, claims: Claims, stop: Callable[[], bool], save: Callable[[], bool] = never
) -> Iterator[WorkEvent]:
    """Train until all of the study is finished, or what is left has failed here. The last event is WorkEnded."""
    ledger, failed, awaited = Ledger(study, home), set[str](), tuple[tuple[str, str], ...]()
    yield from ledger.look(is_new=False)
    pause, later = PAUSE[0], dict[str, float]()
    while not ledger.is_complete and not stop():
        jobs = [job for job in ledger.open_jobs() if job.name not in failed]
        due = (job for job in jobs if later.get(job.name, 0.0) <= time.monotonic())
        free = next((job for job in due if claims.is_free(job.name)), None)
        if free is not None:
            try:
                yield from train_job(free, study, home, claims, stop, save)
            except BusyError:  # another worker was quicker, has taken it over, or hangs and still locks the run
                later[free.name] = time.monotonic() + claims.beat
            except CharlmError as error:
                failed.add(free.name)
                yield JobFailed(free, error)
            pause = PAUSE[0]
        elif jobs:
            others = tuple((job.name, holder.who) for job in jobs if (holder := claims.latest(job.name)))
            if others != awaited:
                awaited = others
                yield WorkersAwaited(others)
            time.sleep(pause)
            pause = min(2 * pause, PAUSE[1])
        else:
            break
        yield from ledger.look()
    yield WorkEnded(not ledger.is_complete and stop(), ledger.done, ledger.total)


def work_on(
    name: str,
    study: PreparedStudy,
    home: StudyFolder,
    claims: Claims,
    stop: Callable[[], bool],
    save: Callable[[], bool] = never,
) -> Iterator[WorkEvent]:
    """Train the job of that name, and nothing else; nothing if it is finished. The last event is WorkEnded.

    Raises UsageError if there is no such job yet, BusyError if another process trains it.
    """
    ledger = Ledger(study, home)
    yield from ledger.look(is_new=False)
    jobs = {job.name: job for job in ledger.open_jobs()}
    if name in jobs:
        claims.wait(name, stop)
        if not stop():
            yield from train_job(jobs[name], study, home, claims, stop, save)
        yield from ledger.look()
    elif not ledger.is_finished(name):
        raise UsageError(
            f"There is no job {name[:80]} to do now", str(home.folder), f"There are: {', '.join(jobs) or 'none'}."
        )
    is_left = any(job.name == name for job in ledger.open_jobs())
    yield WorkEnded(is_left, ledger.done, ledger.total)


def train_job(
    job: Job,
    study: PreparedStudy,
    home: StudyFolder,
    claims: Claims,
    stop: Callable[[], bool],
    save: Callable[[], bool] = never,
) -> Iterator[StudyEvent]:
    """Claim a job, train it, and keep its line, unless it was interrupted. Raises BusyError if it is not free."""
    with claims.hold(job.name) as held:
        if home.has(job.name):  # finished since the folder was read
            return
        if isinstance(job, Candidate):
            row = yield from train_candidate(job, home, held, stop, save)
        else:
            keys = [each.trial.key for each in study.any_trials]
            yield TrialStarted(job, keys.index(job.trial.key) + 1, len(keys))
            row = yield from train_trial(job, study.study, home, held, stop, save)
        if row is not None:
            held.check()
            home.put(job.name, row)
