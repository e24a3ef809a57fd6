"""Processes of a group as threads of the test: they add up through gloo, as processes do, and start at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import torch
import torch.distributed as dist

from charlm.processes.joining import choose_interface
from charlm.processes.launch import Launch
from charlm.processes.together import Together


def in_threads(size, work):
    """What work(group) returns in each of `size` threads, by rank. Raises the first error."""
    choose_interface(Launch(0, size, 0, size, "localhost", 1, False))
    store = dist.HashStore()

    def run(rank):
        own = dist.PrefixStore("test", store)
        processes = dist.ProcessGroup(own, rank, size)
        gloo = dist.ProcessGroupGloo(own, rank, size, timedelta(seconds=60))
        processes._register_backend(torch.device("cpu"), dist.ProcessGroup.BackendType.GLOO, gloo)
        return work(Together(processes, rank, size))

    with ThreadPoolExecutor(size) as pool:
        futures = [pool.submit(run, rank) for rank in range(size)]
        errors = [error for future in futures if (error := future.exception())]
    if errors:
        raise errors[0]
    return [future.result() for future in futures]


def environment_of(rank, size, port):
    """What torchrun would say to a process on this machine."""
    numbers = {"RANK": rank, "WORLD_SIZE": size, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": size, "MASTER_PORT": port}
    return {**os.environ, **{name: str(number) for name, number in numbers.items()}, "MASTER_ADDR": "127.0.0.1"}
