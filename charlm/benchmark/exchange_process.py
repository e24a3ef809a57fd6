"""One of the processes that `charlm bench train --processes` measures: it trains with the others of its group.

It is told what to do by JSON in its argument, and by the environment, as by torchrun, which group it belongs to.
Process 0 says `ready` when all are warm, and prints a line of figures after each line that it reads from standard
input. Knows no other group.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from charlm.processes.group import ALONE, Group
from charlm.processes.launch import launched

if TYPE_CHECKING:
    from charlm.training.trainer import Trainer

WARM_UP = 1
RATE = 1e-3


@dataclass(frozen=True)
class ExchangeJob:
    """A model of an lstm's size, in training on windows (B, T) that the processes share, and the way of the sum."""

    cell: str
    num_layers: int
    hidden_size: int
    batch_size: int
    seq_len: int
    device: str
    precision: str
    ordered: bool


@contextmanager
def group_of_environment() -> Iterator[Group]:
    """The group that the environment names."""
    launch = launched()
    if launch is None:
        yield ALONE
        return
    from charlm.processes.joining import joined

    with joined(launch) as (group, _):
        yield group


def measure(trainer: Trainer, updates: Iterator[object], seconds: float) -> dict[str, float]:
    """Seconds of an update, and of its exchange alone: medians over what fits into about so many seconds.

    The first update says how many fit. If none does, it is the figure: an update of a large model takes long enough.
    """
    first = _median_seconds(1, lambda: next(updates))
    number = int(trainer.group.share(str(round(seconds / first)).encode()))
    update = _median_seconds(number, lambda: next(updates)) if number else first
    for weight in trainer.weights.values():
        weight.grad = weight.new_zeros(weight.shape)
    no_nats = weight.new_zeros(())

    def exchange() -> None:
        trainer.exchange.put(trainer.weights, no_nats)
        trainer.exchange.total(trainer.weights)

    exchanged = _median_seconds(max(1, number), exchange)
    trainer.optimizer.zero_grad()
    return {"update": update, "exchange": exchanged}


def main(argument: str) -> None:
    """Serve one measurement for each line of standard input of process 0, which has its seconds."""
    job = ExchangeJob(**json.loads(argument))
    with group_of_environment() as group:
        trainer, updates = _build(job, group)
        for _ in range(WARM_UP):
            next(updates)
        _say(group, "ready")
        while line := group.share(sys.stdin.readline().encode() if group.rank == 0 else b"").decode():
            _say(group, json.dumps(measure(trainer, updates, float(line))))


def _build(job: ExchangeJob, group: Group) -> tuple[Trainer, Iterator[object]]:
    from charlm.benchmark.training_job import random_lanes, settings_of
    from charlm.benchmark.workload import VOCAB_SIZE, model_settings_of
    from charlm.device import choose_compute
    from charlm.training.trainer import Trainer

    compute = choose_compute(job.device, job.precision)
    settings = settings_of(model_settings_of(job.cell, job.num_layers, job.hidden_size), job.batch_size, job.seq_len)
    ordered = settings.training.model_copy(update={"ordered_sum": job.ordered})
    settings = settings.model_copy(update={"training": ordered})
    reader = random_lanes(job.batch_size, job.seq_len)
    trainer = Trainer(settings, VOCAB_SIZE, reader.batch_size, compute, group=group)
    return trainer, (trainer.update(reader, position, RATE) for position in itertools.count())


def _median_seconds(number: int, work: Callable[[], object]) -> float:
    taken = []
    for _ in range(number):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _say(group: Group, line: str) -> None:
    if group.rank == 0:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
