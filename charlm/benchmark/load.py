"""What is left of a job's speed beside busy processes, and beside another job like it. Knows no engine.

A job with t threads, of which j run side by side, and n busy processes share c cores. By the scheduler's rule each
runnable thread gets c / (t j + n) of a core, at most one; that part of its speed alone is a job's fair share.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace

from charlm.benchmark.load_process import LoadJob
from charlm.cells.own_files import trusted_environment
from charlm.errors import CharlmError
from charlm.machine import WAITING, cores, usable_threads

Row = dict[str, object]


@dataclass(frozen=True)
class Situation:
    """What runs meanwhile: processes that only compute, and jobs of the same kind side by side, itself included."""

    busy: int
    jobs: int = 1

    @property
    def name(self) -> str:
        if self.jobs > 1:
            return f"{self.jobs} side by side" + (f", {self.busy} busy" if self.busy else "")
        return f"{self.busy} busy" if self.busy else "alone"


@dataclass(frozen=True)
class Measured:
    """Characters per second of each job that ran, and how many cores' time each took."""

    rates: tuple[float, ...]
    cores_used: tuple[float, ...]


def fair_share(threads: int, situation: Situation, cores: int) -> float:
    """The part of its speed alone that a job may expect."""
    alone = min(1.0, cores / threads)
    return min(1.0, cores / (threads * situation.jobs + situation.busy)) / alone


def load_results(job: LoadJob, situations: Sequence[Situation], seconds: float, rounds: int, plain: bool) -> list[Row]:
    """One row a situation: medians of the rounds, in which all situations and the comparison take turns."""
    kinds = (job, replace(job, plain=True)) if plain else (job,)
    everything = [(kind, situation) for kind in kinds for situation in (Situation(0), *situations)]
    found: dict[tuple[LoadJob, Situation], list[Measured]] = {one: [] for one in everything}
    with ExitStack() as running:
        most = max(situation.jobs for situation in situations)
        processes = {kind: [running.enter_context(_process(kind)) for _ in range(most)] for kind in kinds}
        for _ in range(rounds):
            for kind, situation in found:
                found[kind, situation].append(_measure(processes[kind], situation, seconds))
    return [_row(situation, found, kinds) for situation in dict.fromkeys((Situation(0), *situations))]


def _row(
    situation: Situation, found: Mapping[tuple[LoadJob, Situation], list[Measured]], kinds: Sequence[LoadJob]
) -> Row:
    ours = found[kinds[0], situation]
    alone = found[kinds[0], Situation(0)]
    threads = min(usable_threads(), max(1, round(_median_cores(alone))))
    kept = statistics.median(_rate(now) / _rate(before) for now, before in zip(ours, alone, strict=True))
    fair = fair_share(threads, situation, cores())
    row: Row = {
        "situation": situation.name,
        "median": round(statistics.median(map(_rate, ours))),
        "cores": round(_median_cores(ours), 2),
        "kept": round(kept, 3),
        "fair": round(fair, 3),
        "of_fair": round(kept / fair, 3),
    }
    if len(kinds) > 1:
        plain = found[kinds[1], situation]
        row["plain_median"] = round(statistics.median(map(_rate, plain)))
        ratios = (_rate(own) / _rate(other) for own, other in zip(ours, plain, strict=True))
        row["ratio"] = round(statistics.median(ratios), 2)
    return row


def _rate(measured: Measured) -> float:
    """Of one job: the slowest of those that ran side by side."""
    return min(measured.rates)


def _median_cores(rounds: Sequence[Measured]) -> float:
    return statistics.median(max(measured.cores_used) for measured in rounds)


def _measure(processes: Sequence[subprocess.Popen[str]], situation: Situation, seconds: float) -> Measured:
    with ExitStack() as busy:
        for _ in range(situation.busy):
            busy.enter_context(_busy_process())
        chosen = processes[: situation.jobs]
        for process in chosen:
            _say(process, f"{seconds}\n")
        figures = [json.loads(_line_of(process)) for process in chosen]
    return Measured(tuple(each["rate"] for each in figures), tuple(each["processor"] for each in figures))


@contextmanager
def _process(job: LoadJob) -> Iterator[subprocess.Popen[str]]:
    """A process that is warm and waits for a line. Plain torch's threads wait as they do by default."""
    command = [sys.executable, "-m", "charlm.benchmark.load_process", json.dumps(asdict(job))]
    environment = {name: value for name, value in trusted_environment().items() if not (job.plain and name in WAITING)}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            _line_of(process)
            yield process
        finally:
            process.kill()


@contextmanager
def _busy_process() -> Iterator[None]:
    """A process that does nothing but compute, ended on leaving."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def _say(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()


def _line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise CharlmError("A measured process ended early", "charlm.benchmark.load_process", "Read its message above.")
    return line
