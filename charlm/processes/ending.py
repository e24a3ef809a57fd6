"""Which process says what went wrong, where all of them end. Knows no training and no terminal.

An error in one process ends all: the others find that it is gone. Only the first says why, and the others end quietly
with its exit code, once it has spoken: torchrun ends all that still run as soon as one has failed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store

FIRST, SPOKEN = "charlm/ending/first", "charlm/ending/spoken"
PATIENCE = timedelta(seconds=5)  # for the first to speak


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
            return int(self._store.get(FIRST).split()[1]) if self._store.check([FIRST]) else code
        except RuntimeError:
            return code
