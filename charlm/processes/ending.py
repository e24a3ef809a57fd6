"""Which process says what went wrong, where all of them end. Knows no training and no terminal.

An error in one process ends all: the others find that it is gone. Only the first says why. The others end quietly with
its exit code, but not before it has spoken: torchrun ends all that still run as soon as one has failed. The first waits
for the others in turn, since it may keep the store where they look.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store

FIRST, SPOKEN, LEFT = "charlm/ending/first", "charlm/ending/spoken", "charlm/ending/left"
PATIENCE = timedelta(seconds=5)  # for the first to speak, and for the others to leave
POLL = 0.02  # seconds


class Ending:
    """The end of process `rank`, as the store of all processes knows it."""

    def __init__(self, store: Store, rank: int) -> None:
        self._store, self._rank = store, rank

    def is_first(self, code: int) -> bool:
        """Whether no other process has failed before this one, which ends with the exit code `code`.

        True too if the store is gone: then nobody else can say anything.
        """
        mine = f"{self._rank} {code}"
        try:
            return self._store.compare_set(FIRST, "", mine).decode() == mine
        except RuntimeError:
            return True

    def has_spoken(self) -> None:
        """Let the others end."""
        try:
            self._store.set(SPOKEN, "")
        except RuntimeError:
            return

    def await_the_first(self, code: int) -> int:
        """Wait until the first has spoken; gives its exit code, or `code` if there is none."""
        try:
            self._store.wait([SPOKEN], PATIENCE)
            found = int(self._store.get(FIRST).split()[1]) if self._store.check([FIRST]) else code
            self._store.add(LEFT, 1)
            return found
        except RuntimeError:
            return code

    def await_the_others(self, size: int) -> None:
        """Wait until all others of `size` processes have heard the exit code, or do not come any more."""
        ends = time.monotonic() + PATIENCE.total_seconds()
        try:
            while self._store.add(LEFT, 0) < size - 1 and time.monotonic() < ends:
                time.sleep(POLL)
        except RuntimeError:
            return
