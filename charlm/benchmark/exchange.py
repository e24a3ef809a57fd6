"""What several processes make of a training on this machine, and what their exchange costs. Knows no engine.

Groups of processes are started once, and then take turns, round after round, so that a slow minute of the machine is
slow for all of them. The lanes are the same in all: more processes have fewer each.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace

from charlm.benchmark.exchange_process import ExchangeJob
from charlm.cells.own_files import trusted_environment
from charlm.errors import CharlmError
from charlm.machine import cores, usable_threads
from charlm.processes.lanes import PARTS, require_shareable

Row = dict[str, object]
Group = tuple[int, bool]  # how many processes, and whether the sum is ordered

GAIN = 1.05  # a smaller ratio is no gain, but a quieter moment of the machine


def exchange_results(job: ExchangeJob, counts: Sequence[int], seconds: float, rounds: int) -> list[Row]:
    """A row for each count of processes, with the fast sum and, where it can be, with the ordered one.

    Raises UsageError if so many processes cannot share the lanes.
    """
    for count in counts:
        require_shareable(job.batch_size, count, ordered=False)
    groups: list[Group] = [(count, False) for count in counts]
    if job.batch_size % PARTS == 0:
        groups += [(count, True) for count in counts if PARTS % count == 0]
    found: dict[Group, list[dict[str, float]]] = {group: [] for group in groups}
    with ExitStack() as running:
        leaders = {
            group: running.enter_context(_processes(replace(job, ordered=group[1]), group[0])) for group in groups
        }
        for _ in range(rounds):
            for group, leader in leaders.items():
                found[group].append(_measure(leader, seconds))
    return [_row(job, group, found, groups[0]) for group in groups]


def gain_in_words(rows: Sequence[Row]) -> str:
    """What the fast sums say about this machine, in one sentence."""
    first, *others = [row for row in rows if row["sum"] == "fast"]
    best = max(others, key=_ratio, default=first)
    if _ratio(best) >= GAIN:
        return f"{best['processes']} processes are {best['ratio']} times as fast as {first['processes']} here"
    count, threads = cores(), usable_threads()
    return (
        f"more processes gain nothing here: they share {count} core{'s' * (count > 1)} with all else that runs, and "
        f"one process has {threads} thread{'s' * (threads > 1)}. They are for several GPUs or machines."
    )


def _ratio(row: Row) -> float:
    return float(str(row["ratio"]))


def _row(job: ExchangeJob, group: Group, found: dict[Group, list[dict[str, float]]], first: Group) -> Row:
    own = found[group]
    update = statistics.median(each["update"] for each in own)
    pairs = zip(found[first], own, strict=True)
    exchange = statistics.median(each["exchange"] for each in own) if group != (1, False) else 0.0
    return {
        "cell": job.cell,
        "size": f"{job.num_layers}x{job.hidden_size}",
        "processes": group[0],
        "sum": "ordered" if group[1] else "fast",
        "median": round(job.batch_size * job.seq_len / update),
        "ratio": round(statistics.median(before["update"] / now["update"] for before, now in pairs), 2),
        "update_milliseconds": round(1e3 * update, 2),
        "exchange_milliseconds": round(1e3 * exchange, 2),
        "exchange_share": round(exchange / update, 4),
    }


def _measure(leader: subprocess.Popen[str], seconds: float) -> dict[str, float]:
    assert leader.stdin is not None
    leader.stdin.write(f"{seconds}\n")
    leader.stdin.flush()
    figures: dict[str, float] = json.loads(_line_of(leader))
    return figures


@contextmanager
def _processes(job: ExchangeJob, count: int) -> Iterator[subprocess.Popen[str]]:
    """So many processes that are warm; gives process 0, which waits for a line. All end on leaving."""
    with ExitStack() as running:
        port = _free_port()
        started = [running.enter_context(_process(job, rank, count, port)) for rank in range(count)]
        _line_of(started[0])
        yield started[0]


@contextmanager
def _process(job: ExchangeJob, rank: int, count: int, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "charlm.benchmark.exchange_process", json.dumps(asdict(job))]
    numbers = {"RANK": rank, "WORLD_SIZE": count, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": count, "MASTER_PORT": port}
    environment = {**trusted_environment(), **{name: str(number) for name, number in numbers.items()}}
    environment["MASTER_ADDR"] = "localhost"
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE if rank == 0 else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def _line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise CharlmError(
            "A measured process ended early", "charlm.benchmark.exchange_process", "Read its message above."
        )
    return line
