"""How the processes that torchrun has started find each other, and how they end. Knows no training.

They meet at a store, which process 0 or torchrun keeps. The group of torch.distributed comes from it: gloo for arrays
on the processor, and NCCL for those on GPUs.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from charlm.errors import LostProcessError, UsageError
from charlm.processes.launch import Launch

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store

    from charlm.processes.together import Together

JOIN_VARIABLE, JOIN_SECONDS = "CHARLM_JOIN_SECONDS", 300.0  # for the last process to come
LOOPBACK = ("lo", "lo0")  # names of the interface that a machine reaches itself by
INTERFACE = "GLOO_SOCKET_IFNAME"


@contextmanager
def joined(launch: Launch) -> Iterator[tuple[Together, Store]]:
    """The group of all processes, and the store where they met.

    Raises LostProcessError if one does not come within CHARLM_JOIN_SECONDS, five minutes by default.
    """
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # where a process is gone, torch writes pages about sockets
    import torch.distributed as dist

    from charlm.processes.together import SUM_PATIENCE, Together, reason_of

    if not dist.is_available():
        raise UsageError(
            "This torch cannot train in several processes", "torch.distributed", "Start one: charlm train TEXT"
        )
    patience = timedelta(seconds=join_seconds())
    choose_interface(launch)
    try:
        store = dist.TCPStore(  # type: ignore[attr-defined]
            launch.host,
            launch.port,
            is_master=launch.rank == 0 and not launch.hosted,
            timeout=patience,
            wait_for_workers=False,
            multi_tenant=True,
        )
        _await_all(store, launch, patience)
        dist.init_process_group(
            _backends(launch), store=store, rank=launch.rank, world_size=launch.size, timeout=SUM_PATIENCE
        )
    except RuntimeError as error:
        raise LostProcessError(
            f"Process {launch.rank} of {launch.size} cannot reach the others",
            f"{launch.host}:{launch.port}: {reason_of(error)}",
            f"See that all are started, and that the address can be reached from each machine. {INTERFACE}=eth0 names "
            "the network interface to use.",
        ) from error
    try:
        yield Together(dist.group.WORLD, launch.rank, launch.size), store
    finally:
        with suppress(RuntimeError):
            dist.destroy_process_group()


def join_seconds() -> float:
    """How long processes wait for the last one to come. Raises UsageError if the environment has no number."""
    given = os.environ.get(JOIN_VARIABLE, "").strip()
    try:
        seconds = float(given) if given else JOIN_SECONDS
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e6:
        what = "The time to wait for all processes is no number of seconds"
        raise UsageError(what, f"{JOIN_VARIABLE}={given[:40]}", f"Write it as {JOIN_VARIABLE}=600, or leave it out.")
    return seconds


def choose_interface(launch: Launch) -> None:
    """On a single machine gloo uses the loopback interface, unless the user chose another.

    By default it looks the machine's own name up, and many machines have a name that no server knows.
    """
    if not launch.on_one_machine or INTERFACE in os.environ or not hasattr(socket, "if_nameindex"):
        return
    names = {name for _, name in socket.if_nameindex()}
    found = next((name for name in LOOPBACK if name in names), None)
    if found:
        os.environ[INTERFACE] = found


def _await_all(store: Store, launch: Launch, patience: timedelta) -> None:
    """Wait until every process has come to the store."""
    keys = [f"charlm/here/{rank}" for rank in range(launch.size)]
    store.set(keys[launch.rank], socket.gethostname())
    try:
        store.wait(keys, patience)
    except RuntimeError as error:
        missing = [str(rank) for rank, key in enumerate(keys) if not store.check([key])]
        raise LostProcessError(
            f"Only {launch.size - len(missing)} of {launch.size} processes came within {patience.total_seconds():g} "
            f"seconds; missing: {', '.join(missing)}",
            f"{launch.host}:{launch.port}",
            f"Start torchrun on every machine, with the same --nnodes and --rdzv-endpoint. {JOIN_VARIABLE}=900 waits "
            "longer.",
        ) from error


def _backends(launch: Launch) -> str:
    """gloo, and NCCL too if each process has a GPU of its own."""
    import torch
    import torch.distributed as dist

    gpus = torch.cuda.device_count() if torch.cuda.is_available() and dist.is_nccl_available() else 0
    return "cpu:gloo,cuda:nccl" if gpus >= launch.local_size else "gloo"
