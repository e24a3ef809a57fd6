"""The lock that lets only one process write a run. Knows processes, not what they write."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
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
    from filelock import FileLock, Timeout

    guard = FileLock(run.folder / LOCK, timeout=0)
    try:
        guard.acquire()
    except Timeout:
        writer = read_json(run.folder / WRITER)  # absent for a moment while the other process starts
        who = f"process {writer.get('pid')} on {writer.get('host')}" if writer else "another process"
        raise BusyError(
            f"The run {run.name} is being written by {who}",
            str(run.folder),
            "Wait for it or stop it, or train another run with --run NAME.",
        ) from None
    except OSError as error:
        raise CheckpointError(
            f"The run {run.name} cannot be locked: {error.strerror}", str(run.folder), "Make the folder writable."
        ) from error
    try:
        replace_text(run.folder / WRITER, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}) + "\n")
        try:
            yield
        finally:
            with suppress(OSError):
                (run.folder / WRITER).unlink()
    finally:
        guard.release()
