"""The engine of a Dask cluster: jobs as tasks, each a process that a worker of the cluster starts and waits for.

A task that runs cannot be stopped from outside; so each looks once a second whether its event is set. If a worker dies,
its process ends (`PARENT`), and the scheduler gives the task to another worker, which resumes the training.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from charlm.errors import CharlmError, UsageError
from charlm.studies.launching.jobs import Ended, Job
from charlm.studies.launching.processes import run_to_end
from charlm.version import install_extra

if TYPE_CHECKING:
    from distributed import Client, Future

START = (
    "Start one with `dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`; or leave --scheduler out."
)
INSTEAD = "Take --engine local, or give --scheduler ADDRESS."
INSTALL = f"Install it: {install_extra('dask')}"
CONNECTING = "10s"
# What a worker here runs first, twice in fact: Ctrl-C is for the command, which then ends its workers.
OWN_SESSION = "import os; os.getsid(0) == os.getpid() or os.setsid()"
LOOK = 1.0  # seconds between two looks at an event


class DaskEngine:
    """Runs jobs on the cluster of a scheduler, or without one on a cluster of its own: `workers` of this machine.

    Raises UsageError if the package is missing; on entering, if no scheduler answers.
    """

    client: Client

    def __init__(self, scheduler: str | None, workers: int, at_once: int) -> None:
        if find_spec("distributed") is None:
            raise UsageError("--engine dask needs the package distributed", "--engine dask", INSTALL)
        self.at_once, self.queues = at_once, scheduler is not None
        self._scheduler, self._workers = scheduler, workers
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        from distributed import Client, LocalCluster

        for name in ("distributed", "distributed.client"):  # a lost connection is told by `require_connection`
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            cluster: Any = self._scheduler or self._closing.enter_context(
                LocalCluster(
                    n_workers=self._workers, threads_per_worker=1, memory_limit=None, dashboard_address=None,
                    silence_logs=logging.CRITICAL, preload=[OWN_SESSION] if hasattr(os, "setsid") else [],
                )
            )  # fmt: skip
            self.client = self._closing.enter_context(Client(cluster, timeout=CONNECTING, set_as_default=False))
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            self._closing.close()
            why = (str(error).splitlines() or [type(error).__name__])[0]
            if self._scheduler is None:
                raise UsageError(f"Dask cannot start workers here: {why}", "--engine dask", INSTEAD) from None
            raise UsageError(f"No Dask scheduler answers at {self._scheduler}", f"--scheduler: {why}", START) from None
        return self

    def start(self, job: Job) -> DaskTask:
        self.require_connection()
        return DaskTask(job, self)

    def require_connection(self) -> None:
        """Raise CharlmError if the scheduler is gone."""
        if self.client.status != "running":
            raise CharlmError(
                "The Dask scheduler is gone",
                str(self.client.scheduler.address) if self.client.scheduler else "--scheduler",
                "Everything that was trained is saved. Start it again, then repeat the command.",
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()


class DaskTask:
    """A job that was given to the cluster."""

    def __init__(self, job: Job, engine: DaskEngine) -> None:
        self._engine, self._event = engine, f"charlm-stop-{uuid.uuid4().hex}"
        arguments = (job.name, job.arguments, job.folder, dict(job.environment), self._event)
        self._future: Future[Any] = engine.client.submit(
            run_task, *arguments, key=f"{job.name}-{uuid.uuid4().hex}", pure=False
        )

    def poll(self) -> Ended | None:
        self._engine.require_connection()
        if self._future.status == "finished":
            return Ended(*self._future.result())
        if self._future.status == "error":
            return Ended(None, str(self._future.exception()))
        return Ended(None, "the cluster has lost it") if self._future.status in ("cancelled", "lost") else None

    def cancel(self) -> None:
        from distributed import Event

        self._engine.require_connection()
        Event(self._event, client=self._engine.client).set()


def run_task(
    name: str, arguments: tuple[str, ...], folder: str, environment: dict[str, str], event: str
) -> tuple[int | None, str]:
    """The task: the exit code of the job, and its last messages."""
    from distributed import Event

    ended = run_to_end(Job(name, arguments, folder, environment), _now_and_then(Event(event).is_set))
    return ended.code, ended.said


def _now_and_then(ask: Callable[[], bool]) -> Callable[[], bool]:
    """The same question, asked once in LOOK seconds; in between the answer is the last one."""
    answered, asked = False, -LOOK

    def answer() -> bool:
        nonlocal answered, asked
        if not answered and time.monotonic() - asked >= LOOK:
            answered, asked = bool(ask()), time.monotonic()
        return answered

    return answer
