"""A claim that this process holds: renewed by a thread, given up if another process has taken it. Knows no training."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from charlm.errors import BusyError
from charlm.studies.claim_file import Claim, renew_claim


class Held:
    """The claim in the file `path`, which this process has created; `following` is where the next one would be.

    Whoever holds it asks `check` before each thing that it writes. A beat that cannot be written is tried again: while
    the folder is away nobody can write there, and the first thing to do when it is back is to look who has it.
    """

    def __init__(self, path: Path, following: Path, claim: Claim) -> None:
        self._path, self._following, self._claim = path, following, claim
        self._beaten = time.monotonic()
        self._lost = False
        self._guard = threading.Lock()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="charlm-claim", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise BusyError if another process has taken the claim, because this one gave no sign of life."""
        if time.monotonic() - self._beaten > 2 * self._claim.beat:  # the process was suspended, or the folder was away
            self._beat()
        if self._lost:
            raise BusyError(
                "Another process trains it now, since this one gave no sign of life for too long",
                str(self._path),
                "Nothing is lost: it went on from the last checkpoint.",
            )

    def guarded(self, stop: Callable[[], bool]) -> Callable[[], bool]:
        """The `stop` of a training under this claim: BusyError, so that nothing is saved, once the claim is lost."""

        def guarded() -> bool:
            self.check()
            return stop()

        return guarded

    def tell(self, progress: float, nats: float) -> None:
        """Say with the next beat how far the training is."""
        with self._guard:
            self._claim = replace(self._claim, progress=round(progress, 4), nats=round(nats, 4))

    def release(self) -> None:
        """Stop renewing it, and say that it is free."""
        self._left.set()
        self._thread.join()
        with suppress(OSError):  # others then wait for three beats
            renew_claim(self._path, replace(self._claim, held=False))

    def _renew(self) -> None:
        """The thread."""
        while not self._left.wait(self._claim.beat):
            self._beat()

    def _beat(self) -> None:
        with self._guard:
            self._lost = self._lost or os.path.lexists(self._following)
            if self._lost:
                return
            self._claim = replace(self._claim, count=self._claim.count + 1)
            with suppress(OSError):
                renew_claim(self._path, self._claim)
                self._beaten = time.monotonic()
