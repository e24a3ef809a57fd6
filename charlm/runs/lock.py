"""The lock that lets only one process write a run. Knows processes, not what they write."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from charlm.errors import BusyError, CheckpointError
from charlm.runs.files import read_json, replace_text
from charlm.runs.folder import Run

LOCK, WRITER = "lock", "writer.json"


@contextmanager
def lock_run(run: Run) -> Iterator[None]:
    """Hold the run's lock. Raises BusyError at once, with the other process, if another process holds it.

    The system frees the lock when its process ends, however it ends.
    """
    with only_process(run, LOCK, lambda: _written_elsewhere(run)):
        replace_text(run.folder / WRITER, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}) + "\n")
        try:
            yield
        finally:
            with suppress(OSError):
                (run.folder / WRITER).unlink()


@contextmanager
def only_process(run: Run, name: str, busy: Callable[[], BusyError]) -> Iterator[None]:
    """Hold the lock of that name in the run's folder. Raises `busy` at once if another process holds it."""
    from filelock import FileLock, Timeout

    guard = FileLock(run.folder / name, timeout=0)
    try:
        guard.acquire()
    except Timeout:
        raise busy() from None
    except OSError as error:
        raise CheckpointError(
            f"The run {run.name} cannot be locked: {error.strerror}", str(run.folder), "Make the folder writable."
        ) from error
    try:
        yield
    finally:
        guard.release()


def _written_elsewhere(run: Run) -> BusyError:
    writer = read_json(run.folder / WRITER)  # absent for a moment while the other process starts
    who = f"process {writer.get('pid')} on {writer.get('host')}" if writer else "another process"
    return BusyError(
        f"The run {run.name} is being written by {who}",
        str(run.folder),
        "Wait for it or stop it, or train another run with --run NAME.",
    )


def is_training(run: Run) -> bool:
    """Whether the process that wrote its name into the run's folder is alive, as far as this machine can tell."""
    writer = read_json(run.folder / WRITER)
    pid = writer.get("pid")
    if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
        return False
    if os.name == "nt" or writer.get("host") != socket.gethostname():
        return True  # it cannot be asked; it removes the file when it ends
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
