"""Runs a study on an engine: starts its jobs, some at a time, and watches the study's folder. Trains nothing itself.

A job is a `charlm study work FOLDER --only NAME` somewhere. It claims what it trains (claims.py) and leaves its line in
the folder, so nothing is lost with this process, and workers may join at any time. A job that was killed is started
again, and resumes. Knows no terminal and no engine.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from charlm.errors import BusyError, CharlmError
from charlm.studies.choosing import CandidateScored, ValueChosen
from charlm.studies.claims import Claims
from charlm.studies.launching.jobs import Ended, Engine, Handle
from charlm.studies.launching.jobs import Job as Program
from charlm.studies.ledger import Job, Ledger
from charlm.studies.results import StudyFolder
from charlm.studies.running import PreparedStudy, TrialFinished

TRIES = 3  # times that a job is started if it is killed each time
TICK = 0.1  # seconds between two looks at the jobs of this process
GLANCE = 1.0  # seconds between two looks at the folder, which may be far away
PATIENCE = 90.0  # seconds after which a shared disk shows what another machine has written
GRACE = 60.0  # seconds that jobs have to save
ERRORS = (1, 2, 3, 4, 5, 6)  # exit codes of errors that a job tells of (charlm/errors.py)


@dataclass(frozen=True)
class JobStarted:
    """A job was given to the engine; `attempt` counts from 1. If it is `queued`, it may wait for a machine first."""

    job: Job
    attempt: int
    queued: bool


@dataclass(frozen=True)
class JobSeen:
    """A job is being trained by `who`; `progress` is the share that is done, `nats` the score in training, if known."""

    job: Job
    who: str
    progress: float | None
    nats: float | None


@dataclass(frozen=True)
class JobGivenUp:
    """A job failed, and is not started again by this process. `why` are its last words."""

    job: Job
    code: int | None
    why: str


@dataclass(frozen=True)
class DispatchEnded:
    """The last event. `interrupted` if `stop` returned True; what ran has saved."""

    interrupted: bool
    done: int
    total: int


DispatchEvent = CandidateScored | ValueChosen | TrialFinished | JobStarted | JobSeen | JobGivenUp | DispatchEnded


def dispatch(
    study: PreparedStudy,
    home: StudyFolder,
    claims: Claims,
    engine: Engine,
    program: Callable[[str], Program],
    stop: Callable[[], bool],
) -> Iterator[DispatchEvent]:
    """Run the jobs of a study on an engine until all are finished or have failed. The last event is DispatchEnded.

    `program` gives what the engine runs for the job of a name. Raises CharlmError if the engine fails; what runs is
    then asked to save and end, as after `stop`.
    """
    yield from _Dispatch(study, home, claims, engine, program).events(stop)


class _Dispatch:
    """One session: what runs, and what has failed in it."""

    def __init__(
        self,
        study: PreparedStudy,
        home: StudyFolder,
        claims: Claims,
        engine: Engine,
        program: Callable[[str], Program],
    ) -> None:
        self.ledger, self.claims, self.engine, self.program = Ledger(study, home), claims, engine, program
        self.running: dict[str, tuple[Job, Handle]] = {}
        self.attempts: Counter[str] = Counter()
        self.given_up: set[str] = set()
        self.later: dict[str, float] = {}  # when a job may be started again
        self.seen: dict[str, JobSeen] = {}

    def events(self, stop: Callable[[], bool]) -> Iterator[DispatchEvent]:
        yield from self.ledger.look(is_new=False)
        glanced = -math.inf
        try:
            while not stop():
                running = len(self.running)
                yield from self._reap()
                if len(self.running) < running or time.monotonic() - glanced >= GLANCE:
                    yield from self.ledger.look()
                    yield from self._start()
                    yield from self._glance()
                    glanced = time.monotonic()
                if not (self.running or self._open()):
                    break
                time.sleep(TICK)
        finally:
            self._end()
        yield from self.ledger.look()
        yield DispatchEnded(not self.ledger.is_complete and stop(), self.ledger.done, self.ledger.total)

    def _open(self) -> list[Job]:
        """What is not finished and has not failed."""
        return [job for job in self.ledger.open_jobs() if job.name not in self.given_up]

    def _start(self) -> Iterator[JobStarted]:
        """Start what nobody trains, as far as there is room."""
        for job in self._open():
            if len(self.running) >= self.engine.at_once:
                return
            is_due = job.name not in self.running and self.later.get(job.name, 0.0) <= time.monotonic()
            if is_due and self.claims.is_free(job.name):
                self.attempts[job.name] += 1
                self.running[job.name] = job, self.engine.start(self.program(job.name))
                yield JobStarted(job, self.attempts[job.name], self.engine.queues)

    def _reap(self) -> Iterator[JobGivenUp]:
        """Take note of what has ended."""
        for name, (job, handle) in list(self.running.items()):
            ended = handle.poll()
            if ended is None:
                continue
            del self.running[name]
            if ended.code == 0:  # a shared disk may show its line later
                self.later[name] = time.monotonic() + PATIENCE
            elif ended.code == BusyError.exit_code:
                self.attempts[name] -= 1
                self.later[name] = time.monotonic() + self.claims.beat
            elif ended.code in ERRORS or self.attempts[name] >= TRIES:
                self.given_up.add(name)
                yield JobGivenUp(job, ended.code, last_words(ended))

    def _glance(self) -> Iterator[JobSeen]:
        """Who trains what, here and elsewhere."""
        for job in self._open():
            claim = self.claims.latest(job.name)
            if claim is None or not claim.held or (job.name not in self.running and self.claims.is_free(job.name)):
                continue
            seen = JobSeen(job, claim.who, claim.progress, claim.nats)
            if seen != self.seen.get(job.name):
                self.seen[job.name] = seen
                yield seen

    def _end(self) -> None:
        """Ask what runs to save and end, and wait for it, but not for ever."""
        handles = [handle for _, handle in self.running.values()]
        with suppress(CharlmError):  # the engine has failed, and was reported; its jobs end without us
            for handle in handles:
                handle.cancel()
            last = time.monotonic() + GRACE
            while any(handle.poll() is None for handle in handles) and time.monotonic() < last:
                time.sleep(TICK)


def last_words(ended: Ended) -> str:
    """Why a job ended, from its messages: the error that it told of, or its last line; in words if it said nothing."""
    _, marked, error = ended.said.rpartition("charlm: ")
    lines = (error if marked else ended.said).strip().splitlines()
    if marked and lines:
        return "\n".join(lines[:3])
    how = (
        "nobody knows how"
        if ended.code is None
        else f"by signal {-ended.code}"
        if ended.code < 0
        else f"with exit code {ended.code}"
    )
    return f"It ended {how}" + (f": {lines[-1]}" if lines else "")
