"""The folder of a search, which several processes and machines may share. Knows no sampler and no training.

<root>/tunes/<name>/search.json     what was asked for; who asks for the same joins the search
                    journal.log     Optuna's journal: each trial, its values and its score
                    trial-N/        the run of trial N, an ordinary run; trial-N.lock is held while it trains
                    claim.lock      held for a moment, to take a trial
                    best.yaml       the best settings so far, for `charlm train -c`
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlm.errors import CheckpointError, IntegrityError, UsageError
from charlm.runs import replace_text
from charlm.runs.files import read_json
from charlm.studies.results import changed_parts, make_folder

if TYPE_CHECKING:
    from filelock import BaseFileLock

FOLDER, SEARCH = "tunes", "search.json"
CHOSEN = "chosen"  # the part of a search that is not asked for: what was `auto`, by name
PATIENCE = 60.0  # seconds to wait for another process that takes a trial, which takes it a fraction of one


@dataclass(frozen=True)
class SearchFolder:
    """The folder of one search."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def journal(self) -> Path:
        return self.folder / "journal.log"

    @property
    def best(self) -> Path:
        return self.folder / "best.yaml"

    def run(self, number: int) -> Path:
        """The folder of the run of a trial."""
        return self.folder / f"trial-{number}"

    def begin(self, described: Mapping[str, Any]) -> dict[str, Any]:
        """Make the folder and write what was asked for, unless the search exists. Gives what is written there.

        Raises UsageError if it was begun with something else, CheckpointError if the folder cannot be written.
        """
        self.refuse_change(described)
        make_folder(self.folder)
        with self.claiming():
            if not (self.folder / SEARCH).exists():
                replace_text(self.folder / SEARCH, json.dumps(described, indent=1) + "\n")
        self.refuse_change(described)  # another process may have been quicker, with another search
        return self.begun()

    def begun(self) -> dict[str, Any]:
        """What was asked for, and chosen, when the search began; empty if it has not, or if nobody can tell."""
        return read_json(self.folder / SEARCH)

    def refuse_change(self, described: Mapping[str, Any]) -> None:
        """Raise UsageError if a different search was begun here, IntegrityError if nobody can tell."""
        path = self.folder / SEARCH
        before = self.begun()
        if not before and path.exists():
            raise IntegrityError(
                f"What was asked for in the search {self.name} cannot be read",
                str(path),
                "Begin another search with --name; the runs in the folder can still be used.",
            )
        if changed := changed_parts(_asked(before, described), _asked(described, before), _named) if before else []:
            raise UsageError(
                f"The search {self.name} was begun with a different {', '.join(changed[:5])}",
                str(path),
                "Repeat the command as it was to go on with it, or begin another one with --name.",
            )

    @contextmanager
    def claiming(self) -> Iterator[None]:
        """Hold the lock under which a trial is taken. Raises CheckpointError if it cannot be had."""
        lock = self._lock("claim", PATIENCE)
        if lock is None:
            raise CheckpointError(
                f"Another process has held the lock of the search {self.name} for {PATIENCE:.0f} seconds",
                str(self.folder / "claim.lock"),
                "If it has stopped, end it; then repeat the command.",
            )
        try:
            yield
        finally:
            lock.release()

    def hold(self, number: int) -> BaseFileLock | None:
        """The lock of a trial, held until it is released or its process ends; None if another process holds it."""
        return self._lock(f"trial-{number}", 0)

    def _lock(self, name: str, patience: float) -> BaseFileLock | None:
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / f"{name}.lock", timeout=patience)
        try:
            lock.acquire()
        except Timeout:
            return None
        except OSError as error:
            raise CheckpointError(
                f"The search {self.name} cannot be locked: {error.strerror}",
                str(self.folder),
                "Make the folder writable.",
            ) from error
        return lock


def _asked(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked for in one: without what was chosen, if something was chosen in the other, too."""
    return {key: value for key, value in one.items() if key != CHOSEN or CHOSEN not in other}


def _named(key: str, inner: str) -> str:
    """Settings have full names; what is searched may have the name of one of them."""
    return f"space of {inner}" if key == "space" else inner
