"""Who trains what in a study's folder, which several processes and machines may see. Knows no training.

work/<name>.lock        held by the process that trains <name>; the system frees it, however that process ends
work/<name>.claim-<n>   the n-th claim on <name>: whose it is, and a count that the holder raises every few seconds

The claim with the highest number counts, and none is ever deleted. To claim is to create the file of the next number
(O_EXCL), which a disk grants to one process only, on NFS too. So if several processes find that a holder is gone, one
of them gets its place.

A holder is gone if its claim says so, if it was on this machine and its lock is free, or if its count stood still for
three beats while we watched. A count is compared with itself and never with a clock: the clocks of machines differ. A
free lock proves nothing about another machine, since a shared disk may show locks to their own machine only.

A holder that was suspended for so long finds the next claim when it goes on, and gives up before it writes (held.py).
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from charlm.errors import BusyError, CheckpointError
from charlm.machine import identity
from charlm.studies.claim_file import BEAT, REMEDY, Claim, create_claim, parse_claim, read_claim
from charlm.studies.held import Held

MISSED = 3  # beats after which a holder counts as gone
LOCKING = 0.5  # seconds to wait for a lock, which others hold for a moment to see whether it is free


@dataclass
class _Watched:
    """A claim as it was seen last. `quiet` are the seconds for which it was seen to be the same."""

    number: int
    content: bytes
    looked: float
    quiet: float = 0.0
    has_beaten: bool = False


class Claims:
    """The claims in a folder, as one process sees and makes them. Its own beat every `beat` seconds."""

    def __init__(self, folder: Path, beat: float = BEAT, machine: str | None = None) -> None:
        self._folder, self.beat, self._machine = folder, beat, machine or identity()
        self._numbers: dict[str, int] = {}
        self._watched: dict[str, _Watched] = {}

    def latest(self, name: str) -> Claim | None:
        """The claim that counts; None if there was none yet."""
        found = self._look(name)
        return None if found is None else parse_claim(found[1])

    def is_free(self, name: str) -> bool:
        """Whether nobody holds it, as far as this process has seen. Only several calls can see that a count stands."""
        found = self._look(name)
        if found is None:
            return True
        claim = parse_claim(found[1])
        if not claim.held:
            return True
        if claim.machine == self._machine and (locked := self._is_locked(name)) is not None:
            return not locked
        return self._is_quiet(name, claim.beat, *found)

    def wait(self, name: str, stop: Callable[[], bool]) -> None:
        """Return when nobody holds it, or `stop` is True. Raises BusyError once the holder gives a sign of life."""
        while not self.is_free(name):
            watched = self._watched.get(name)
            if watched is None or watched.has_beaten:
                raise self._busy(name)
            if stop():
                return
            time.sleep(min(self.beat, BEAT) / 20)

    @contextmanager
    def hold(self, name: str) -> Iterator[Held]:
        """Hold the claim on a name. Raises BusyError if another process does, CheckpointError if it is not written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"The folder cannot be made: {error.strerror}", str(self._folder), REMEDY) from error
        with self._locked(name) as is_locked:
            found = self._look(name)
            if found is not None and (claim := parse_claim(found[1])).held:
                was_here = is_locked and claim.machine == self._machine
                if not was_here and not self._is_quiet(name, claim.beat, *found):
                    raise self._busy(name)
            number = found[0] + 1 if found else 1
            ours = Claim(self._machine, socket.gethostname(), os.getpid(), self.beat)
            create_claim(self._path(name, number), ours)
            held = Held(self._path(name, number), self._path(name, number + 1), ours)
            try:
                yield held
            finally:
                held.release()

    def _look(self, name: str) -> tuple[int, bytes] | None:
        """The number and the bytes of the claim that counts."""
        number, content = self._numbers.get(name, 0), None
        while (newer := read_claim(self._path(name, number + 1))) is not None:
            number, content = number + 1, newer
        self._numbers[name] = number
        if content is None and number:
            content = read_claim(self._path(name, number))
        return None if content is None else (number, content)

    def _is_quiet(self, name: str, beat: float, number: int, content: bytes) -> bool:
        """Whether the count has stood still for three beats, of which each must have been seen to pass."""
        now, watched = time.monotonic(), self._watched.get(name)
        if watched is None or (watched.number, watched.content) != (number, content):
            has_beaten = watched is not None and watched.number == number
            self._watched[name] = _Watched(number, content, now, has_beaten=has_beaten)
            return False
        watched.quiet += min(now - watched.looked, beat)
        watched.looked = now
        return watched.quiet >= MISSED * beat

    def _is_locked(self, name: str) -> bool | None:
        """Whether a process of this machine holds the lock; None if the disk has no locks."""
        try:
            with self._locked(name, timeout=0) as is_locked:
                return False if is_locked else None
        except BusyError:
            return True

    @contextmanager
    def _locked(self, name: str, timeout: float = LOCKING) -> Iterator[bool]:
        """Hold the lock; gives False if the disk has no locks. Raises BusyError if another process holds it."""
        from filelock import FileLock, Timeout

        lock = FileLock(self._folder / f"{name}.lock", timeout=timeout)
        try:
            lock.acquire()
        except Timeout:
            raise self._busy(name) from None
        except (OSError, NotImplementedError):
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def _busy(self, name: str) -> BusyError:
        claim = self.latest(name)
        who = claim.who if claim is not None and claim.held else "another process"
        return BusyError(
            f"{name} is being trained by {who}",
            str(self._folder),
            "Wait for it or stop it. Workers share a study: charlm study work FOLDER",
        )

    def _path(self, name: str, number: int) -> Path:
        return self._folder / f"{name}.claim-{number}"
