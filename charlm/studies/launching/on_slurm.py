"""The engine of a Slurm cluster, by submitit: jobs of Slurm, each of which starts a process and waits for it.

Before Slurm takes a job's machine away, submitit gets a signal. The training then saves and ends, and the job goes back
into the queue, from where it resumes. Slurm schedules; nothing here does. With `cluster=local`, submitit runs the jobs
on this machine.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from charlm.errors import CharlmError, UsageError
from charlm.studies.launching.jobs import LAST_WORDS, Ended, Job
from charlm.studies.launching.processes import STOPPED, Process, await_end
from charlm.version import install_extra

INSTALL = f"Install it: {install_extra('slurm')}"
CLUSTER = "cluster"
SHARED = ("timeout_min", "mem_gb", "cpus_per_task", "gpus_per_node")  # what submitit calls alike on all clusters
PREEMPTION = 30.0  # seconds from Slurm's SIGTERM, which may reach the training itself, to the signal to go back
POLL = 0.2  # seconds
ENDED_BY_SIGNAL = (129, 130, STOPPED, -15, -12)
MINUTES = 60  # that a job may take before it goes back into the queue, unless `time` says otherwise
TIMEOUTS = 1000  # times that it may go back
MARK = "charlm-exit-code: "  # begins the last line of a job's messages


class SlurmEngine:
    """Gives jobs to Slurm. `folder`, which the cluster must see, gets submitit's files; `parameters` are Slurm's.

    Raises UsageError if the package or Slurm is missing, or if there is no such parameter.
    """

    queues = True

    def __init__(self, folder: Path, parameters: Mapping[str, str], at_once: int) -> None:
        if find_spec("submitit") is None:
            raise UsageError("--engine slurm needs the package submitit", "--engine slurm", INSTALL)
        import submitit

        self.at_once = at_once
        given = dict(parameters)
        cluster = given.pop(CLUSTER, "slurm")
        if cluster not in ("slurm", "local"):
            raise UsageError(f"cluster cannot be {cluster[:40]}", "--slurm", "It is slurm, or local to try it here.")
        if cluster == "slurm" and not (shutil.which("sbatch") and shutil.which("srun")):
            raise UsageError(
                "There is no Slurm on this machine: it has no sbatch",
                "--engine slurm",
                "Give the command on a machine of the cluster, or take --engine folder.",
            )
        logging.getLogger("submitit").setLevel(logging.CRITICAL)
        self._executor = submitit.AutoExecutor(
            folder=folder / "%j", cluster=cluster, slurm_max_num_timeout=TIMEOUTS, local_max_num_timeout=TIMEOUTS
        )
        named = {name if name in SHARED else f"slurm_{name}": _value(text) for name, text in given.items()}
        try:
            self._executor.update_parameters(**{"name": "charlm", "timeout_min": MINUTES, **named})
        except (NameError, ValueError, AssertionError) as error:
            raise UsageError(
                f"Slurm's parameters cannot be used: {str(error).splitlines()[0]}",
                "--slurm",
                "Give them as for sbatch: --slurm partition=gpu --slurm time=60",
            ) from None

    def start(self, job: Job) -> SlurmJob:
        try:
            with _silent() if self._executor.cluster == "local" else nullcontext():
                return SlurmJob(self._executor.submit(Resumed(job)))
        except Exception as error:  # submitit raises errors of its own, of subprocess, and of the disk
            raise CharlmError(
                "Slurm did not take a job", str(error).strip().splitlines()[-1][:200], "Correct it; nothing is lost."
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class SlurmJob:
    """A job in Slurm's hands, also while it waits in the queue."""

    def __init__(self, job: Any) -> None:
        self._job = job
        self._cancelled = False

    def poll(self) -> Ended | None:
        if not self._job.done():
            return None
        said = ""
        with suppress(OSError):
            said = (self._job.stderr() or "")[-LAST_WORDS:]
        return Ended(_code_in(said), said)

    def cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._job.cancel(check=False)


class Resumed:
    """What Slurm runs: the job, in a process. submitit pickles it, and pickles it again to put it back in the queue."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._process: Process | None = None

    def __call__(self) -> None:
        self._process = Process(self._job)
        try:
            while (ended := self._process.poll()) is None:
                time.sleep(POLL)
            if ended.code in ENDED_BY_SIGNAL:  # the signal to go back into the queue comes now, if it does
                time.sleep(PREEMPTION)
        except BaseException:
            self._end()
            raise
        sys.stderr.write(f"{ended.said}\n{MARK}{ended.code}\n")

    def checkpoint(self) -> Any:
        """Called by submitit on the signal: what is to be run when the job is next in the queue."""
        from submitit.helpers import DelayedSubmission

        self._end()
        return DelayedSubmission(Resumed(self._job))

    __submitit_checkpoint__ = checkpoint  # its name in newer versions

    def _end(self) -> None:
        if self._process is not None:
            self._process.cancel()
            await_end(self._process)


@contextmanager
def _silent() -> Iterator[None]:
    """Within the context, what is started says nothing on our terminal: submitit's own process tells of Ctrl-C."""
    sys.stderr.flush()
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def _code_in(said: str) -> int | None:
    """The exit code in the messages of a job; None if it was killed."""
    _, marked, code = said.rpartition(MARK)
    code = code.strip()
    return int(code) if marked and code.lstrip("-").isdecimal() else None


def _value(text: str) -> object:
    """`60` as a number, since Slurm's parameters have types; anything else as it is."""
    return int(text) if text.isdecimal() else text
