"""The engine of this machine: jobs as processes. The other engines start theirs with it too, on their machines.

A process has a session of its own, so that Ctrl-C reaches the one that started it, which asks each of them once; a
second signal would end a training before it has saved. It ends by itself when its parent is gone (`PARENT`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from charlm.errors import UsageError
from charlm.studies.launching.jobs import LAST_WORDS, PARENT, Ended, Job

POLL = 0.1  # seconds
STOPPED = 143  # the exit code of what was asked to end
GRACE = 60.0  # seconds that a job has to save


class Process:
    """A job that runs in a process of this machine."""

    def __init__(self, job: Job) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended; not a pipe, which fills
        environment = {**os.environ, **job.environment, PARENT: str(os.getpid())}
        folder = job.folder if Path(job.folder).is_dir() else None
        try:
            self._process = subprocess.Popen(
                [sys.executable, *job.arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=self._said, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._said.close()
            raise UsageError(
                f"A process cannot be started: {error.strerror}", job.name, "Run fewer at once: --at-once 1"
            ) from error
        self._ended: Ended | None = None
        self._cancelled = False

    def poll(self) -> Ended | None:
        if self._ended is None and (code := self._process.poll()) is not None:
            with self._said as said:
                size = said.seek(0, os.SEEK_END)
                said.seek(max(0, size - LAST_WORDS))
                self._ended = Ended(code, said.read().decode(errors="replace"))
        return self._ended

    def cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._process.terminate()


class LocalEngine:
    """Runs jobs on this machine."""

    queues = False

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once

    def start(self, job: Job) -> Process:
        return Process(job)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


def run_to_end(job: Job, stopped: Callable[[], bool]) -> Ended:
    """Run a job on this machine, and wait for it. Once `stopped` is True, or if it raises, the job is asked to end."""
    if stopped():
        return Ended(STOPPED)
    process = Process(job)
    try:
        while (ended := process.poll()) is None:
            if stopped():
                process.cancel()
            time.sleep(POLL)
    except BaseException:
        process.cancel()
        await_end(process)
        raise
    return ended


def await_end(process: Process) -> None:
    """Wait for a process that was asked to end, but not for ever."""
    last = time.monotonic() + GRACE
    while process.poll() is None and time.monotonic() < last:
        time.sleep(POLL)


def was_started() -> bool:
    """Whether an engine has started this process."""
    return os.environ.get(PARENT, "").isdecimal()


def was_orphaned() -> bool:
    """Whether the process that has started this job is gone. False if no engine has started it."""
    return was_started() and os.getppid() != int(os.environ[PARENT])
