"""The process that `charlm bench load` measures: one job, repeated for some seconds, while other processes run.

It is told what to do by JSON in its argument, says `ready` when it is warm, and prints one line of figures after each
line that it reads from standard input. So every job starts its threads as it does for a user. Knows no other process.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass

from charlm.benchmark.timing import Job
from charlm.kernels.blas import limit_blas_threads

WARM_UP = 3


@dataclass(frozen=True)
class LoadJob:
    """One job on the processor: `work` is train, sample or score; `plain` makes it the comparison with torch.

    A model of an lstm's size; training reads windows (B, T), sampling and scoring `length` characters each time.
    """

    work: str
    plain: bool
    cell: str
    num_layers: int
    hidden_size: int
    batch_size: int
    seq_len: int
    length: int


def build(load: LoadJob) -> Job:
    """The job as it would run for a user."""
    if load.plain:
        import torch  # noqa: F401 - before charlm chooses how its threads wait
    elif load.work != "train":
        limit_blas_threads()
    from charlm.benchmark import sampling_job, scoring_job, training_job
    from charlm.benchmark.workload import (
        chosen_stepper,
        definition_stepper,
        model_settings_of,
        random_ids,
        random_model,
    )

    size, window = (load.num_layers, load.hidden_size), (load.batch_size, load.seq_len)
    settings = model_settings_of(load.cell, *size)
    if load.work == "train":
        from charlm.device import choose_compute

        if load.plain:
            return training_job.plain_training_job(*size, *window, choose_compute("cpu", "fp32"))
        return training_job.training_job(settings, *window, choose_compute("cpu"))
    if load.work == "sample":
        if load.plain:
            return sampling_job.plain_sampling_job(*size, 1, load.length)
        return sampling_job.sampling_job(chosen_stepper(settings), 1, load.length)
    ids = random_ids(load.length + 1)
    if load.plain:
        return scoring_job.one_stream_job(definition_stepper(settings), ids)
    from charlm.evaluation.scorers import NumpyScorer

    return scoring_job.scoring_job(NumpyScorer(random_model(settings)), ids)


def main(argument: str) -> None:
    """Serve one measurement for each line of standard input, which has its seconds."""
    job = build(LoadJob(**json.loads(argument)))
    for _ in range(WARM_UP):
        job.work()
    _say("ready")
    for line in sys.stdin:
        seconds, repeats = float(line), 0
        began, processor = time.perf_counter(), time.process_time()
        while time.perf_counter() - began < seconds:
            job.work()
            repeats += 1
        taken = time.perf_counter() - began
        figures = {"rate": repeats * job.characters / taken, "processor": (time.process_time() - processor) / taken}
        _say(json.dumps(figures))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
