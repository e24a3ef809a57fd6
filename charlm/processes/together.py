"""Several processes as a group: sums, shares and decisions through torch.distributed. Knows no training.

What goes wrong in another process shows here as a collective that fails; ending.py decides which process says it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from charlm.errors import LostProcessError
from charlm.processes.agreement import Agreement
from charlm.processes.group import Decisions

SUM_PATIENCE = timedelta(minutes=30)  # for the others' part of a sum: a first update may compile for minutes
PATIENCE = timedelta(days=2)  # for what process 0 does alone: a validation of a large text
POLL = 0.002  # seconds between two looks, while Python goes on to answer signals


class Together:
    """The group of `size` processes (see `Group`). `collectives` is torch's process group."""

    def __init__(self, collectives: Any, rank: int, size: int) -> None:
        self.rank, self.size = rank, size
        self._all = collectives
        self._agreement = Agreement(rank)

    def sum(self, values: Tensor) -> None:
        self._start("allreduce", values, dist.ReduceOp.SUM, SUM_PATIENCE).wait_for()

    def gather(self, values: Tensor) -> list[Tensor]:
        found = [torch.empty_like(values) for _ in range(self.size)]
        self._start("allgather", found, values, SUM_PATIENCE).wait_for()
        return found

    def share(self, content: bytes) -> bytes:
        length = torch.tensor([len(content)])
        self._broadcast(length)
        given = _as_tensor(content) if self.rank == 0 else torch.empty(int(length), dtype=torch.uint8)
        if len(given):
            self._broadcast(given)
        return given.numpy().tobytes()

    def collect(self, content: bytes) -> list[bytes]:
        lengths = [int(length) for length in self.gather(torch.tensor([len(content)]))]
        if self.rank:
            if content:
                self._start("send", [_as_tensor(content)], 0, self.rank).wait_for()
            return []
        found = [content]
        for rank in range(1, self.size):
            part = torch.empty(lengths[rank], dtype=torch.uint8)
            if lengths[rank]:
                self._start("recv", [part], rank, rank).wait_for()
            found.append(part.numpy().tobytes())
        return found

    def agree(self, own: Decisions) -> Decisions:
        decisions = self._agreement.begin(own)
        self.catch_up()
        return decisions

    def catch_up(self) -> None:
        seconds = torch.tensor([self._agreement.seconds_now()], dtype=torch.float64)
        self._broadcast(seconds)
        self._agreement.set_clock(float(seconds))

    def said(self) -> Sequence[float]:
        return self._agreement.said()

    def heard(self, numbers: Sequence[float]) -> None:
        self._agreement.heard(numbers)

    def close(self) -> None:
        """Let the others find that this process is gone."""
        with suppress(RuntimeError):
            self._all.abort()

    def _broadcast(self, values: Tensor) -> None:
        self._start("broadcast", values, 0, PATIENCE).wait_patiently()

    def _start(self, collective: str, *arguments: Any) -> _Waiting:
        try:
            return _Waiting(getattr(self._all, collective)(*arguments))
        except RuntimeError as error:
            raise _lost(error) from error


class _Waiting:
    """A collective that is under way."""

    def __init__(self, work: Any) -> None:
        self._work = work

    def wait_for(self) -> None:
        """Wait as quickly as can be. Signals are answered afterwards."""
        try:
            self._work.wait()
        except RuntimeError as error:
            raise _lost(error) from error

    def wait_patiently(self) -> None:
        """Wait, perhaps long, and answer signals meanwhile."""
        while not self._work.is_completed():
            time.sleep(POLL)
        self.wait_for()


def _as_tensor(content: bytes) -> Tensor:
    return torch.frombuffer(bytearray(content), dtype=torch.uint8) if content else torch.empty(0, dtype=torch.uint8)


def _lost(error: RuntimeError) -> LostProcessError:
    return LostProcessError(
        "Another process of this training is gone: it was killed, or its machine cannot be reached",
        reason_of(error),
        "See what it has said, and start all of them again.",
    )


def reason_of(error: RuntimeError) -> str:
    """What torch says, without the place in its sources and what it guesses."""
    first = str(error).partition("\n")[0]
    return re.sub(r"^\[[^]]*/[^]]*\] ", "", first).partition(". This ")[0][:200] or type(error).__name__
