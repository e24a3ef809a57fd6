"""Optuna's journal in the folder of a search, so written that a process may be killed at any moment.

Optuna's own lock is a file that a killed process leaves behind, and that others wait for; here the system frees it. A
line that was cut off, by a kill or by a full disk, is taken away before the next one is written: Optuna would add to
it, and then read neither. Imports Optuna: import it late.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.study import Study

from charlm.errors import IntegrityError
from charlm.runs.files import write_error
from charlm.studies.tuning.drawing import DrawnByNumber

NAME = "tune"
# What Optuna raises for a line that is not its own.
NOT_A_JOURNAL = (ValueError, KeyError, TypeError, AttributeError, AssertionError)


def open_study(journal: Path, sampler: DrawnByNumber) -> Study:
    """The search in this journal, or a new one. Its trials are scored in nats, of which fewer are better.

    Raises IntegrityError if the journal is damaged. What writes to it raises CheckpointError if there is no room.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # what happens is said by charlm
    try:
        storage = JournalStorage(MendedFile(journal))
        return optuna.create_study(storage=storage, sampler=sampler, study_name=NAME, load_if_exists=True)
    except NOT_A_JOURNAL as error:
        raise IntegrityError(
            f"The journal of the search is damaged: {error}",
            str(journal),
            "Begin another search with --name, or take the damaged line away.",
        ) from error


class SystemLock(JournalFileOpenLock):
    """A lock that is freed when its process ends, however it ends. One process may hold it twice."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._lock = FileLock(path)

    def acquire(self) -> bool:
        self._lock.acquire()
        return True

    def release(self) -> None:
        self._lock.release()


class MendedFile(JournalFileBackend):
    """Optuna's file of one JSON object a line, without a last line that is cut off."""

    def __init__(self, path: Path) -> None:
        self._path, self._own_lock = path, SystemLock(path.with_suffix(".lock"))
        super().__init__(str(path), lock_obj=self._own_lock)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        try:
            self._own_lock.acquire()  # and again in Optuna's own method
            try:
                self._mend()
                super().append_logs(logs)
            finally:
                self._own_lock.release()
        except OSError as error:
            remedy = "Make room, or make the folder writable; then repeat the command."
            raise write_error(self._path.name, self._path, len(str(logs)), remedy, error) from error

    def _mend(self) -> None:
        with self._path.open("r+b") as file:
            end = file.seek(0, os.SEEK_END)
            start = end
            while start and not _ends_line(file, start):
                start -= 1
            if start < end:
                file.truncate(start)


def _ends_line(file: Any, at: int) -> bool:
    file.seek(at - 1)
    return bool(file.read(1) == b"\n")
