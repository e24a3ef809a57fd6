"""What torchrun says about this process, in its environment. Knows no torch and no training.

RANK, WORLD_SIZE                 its number among all processes, and how many there are
LOCAL_RANK, LOCAL_WORLD_SIZE     the same on this machine
MASTER_ADDR, MASTER_PORT         where they meet
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from charlm.errors import UsageError

NUMBERS = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
PLACE = ("MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Launch:
    """This process is `rank` of `size`, and `local_rank` of `local_size` on this machine. They meet at host and port.

    `hosted` is whether torchrun keeps the store where they meet, and not process 0.
    """

    rank: int
    size: int
    local_rank: int
    local_size: int
    host: str
    port: int
    hosted: bool

    @property
    def on_one_machine(self) -> bool:
        return self.local_size == self.size


def launched(environment: Mapping[str, str] = os.environ) -> Launch | None:
    """How torchrun started this process; None if it did not, or if it started this one alone.

    Other programs set some of these variables too, so all of them count. Raises UsageError if they contradict each
    other.
    """
    if any(name not in environment for name in (*NUMBERS, *PLACE)):
        return None
    words = [environment[name].strip() for name in (*NUMBERS, "MASTER_PORT")]
    shown = ", ".join(f"{name}={environment[name]}" for name in (*NUMBERS, *PLACE))
    remedy = "Let torchrun set them: torchrun --standalone --nproc-per-node 2 -m charlm train TEXT"
    if not all(word.isascii() and word.isdecimal() for word in words):
        raise UsageError("The environment of the processes has no numbers", shown, remedy)
    rank, size, local_rank, local_size, port = map(int, words)
    if not (rank < size and local_rank < local_size <= size and local_rank <= rank and 0 < port < 2**16):
        raise UsageError("The environment of the processes contradicts itself", shown, remedy)
    if size == 1:
        return None
    hosted = environment.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    return Launch(rank, size, local_rank, local_size, environment["MASTER_ADDR"], port, hosted)


def follows(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is one of several and not the first, which speaks for all."""
    try:
        launch = launched(environment)
    except UsageError:
        return environment.get("RANK", "").strip() not in ("", "0")
    return launch is not None and launch.rank > 0
