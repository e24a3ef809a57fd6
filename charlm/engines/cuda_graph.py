"""CUDA graphs: work for a GPU that is captured once and replayed with a single call. Knows no model.

To launch a kernel costs the processor some microseconds, and a recurrent network launches thousands of small kernels
for each window. A graph replays them exactly as they were captured: at the same addresses, in the same shapes. So the
captured work must read and write tensors that stay where they are, must not branch on the value of a tensor, and must
not make host and GPU wait for each other.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch

WARM_UP_RUNS = 3  # runs before a capture, in which libraries select their kernels and allocate their workspaces
LONGEST_REASON = 200  # characters of an error that a note quotes

Work = Callable[[], None]


class CaptureFailed(Exception):  # noqa: N818 - not an error of the program: the work is then done without a graph
    """Why some work could not be captured, in the words of the library that refused."""


class Capturer(Protocol):
    """Warms work up and captures it."""

    def warm_up(self, work: Callable[[], object]) -> None:
        """Do the work several times, only for its side effects on libraries."""
        ...

    def capture(self, work: Work, generator: torch.Generator | None = None) -> Work:
        """A function that does the work whenever it is called. Capturing does not do it yet.

        `generator` is the one that the work draws from. Raises CaptureFailed.
        """
        ...


class CudaCapturer:
    """A Capturer on a CUDA device. It has a stream of its own, because libraries keep a workspace for each stream."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def warm_up(self, work: Callable[[], object]) -> None:
        with torch.cuda.device(self._device):
            self._stream.wait_stream(torch.cuda.current_stream())
            try:
                with torch.cuda.stream(self._stream):
                    for _ in range(WARM_UP_RUNS):
                        work()
            finally:
                torch.cuda.current_stream().wait_stream(self._stream)

    def capture(self, work: Work, generator: torch.Generator | None = None) -> Work:
        graph = torch.cuda.CUDAGraph()
        # To enter the current stream looks pointless, but a capture that fails leaves its own stream as the current
        # one, and this puts the right one back.
        with (
            torch.cuda.device(self._device),
            torch.cuda.stream(torch.cuda.current_stream()),
            _without_garbage_collection(),
        ):
            if generator is not None:
                graph.register_generator_state(generator)
            try:
                # Other threads, such as NCCL's, may go on calling CUDA meanwhile.
                with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
                    work()
            except RuntimeError as error:
                self._restore_generators(generator)
                raise CaptureFailed(failure_reason(error)) from error
        return graph.replay

    def _restore_generators(self, generator: torch.Generator | None) -> None:
        """After a failed capture, generators still count as being captured; a copy of their state does not."""
        own = torch.cuda.default_generators[torch.cuda.current_device()]
        for each in (own,) if generator is None else (own, generator):
            each.graphsafe_set_state(each.clone_state())


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """To free what an earlier graph held calls CUDA in a way that ends a capture."""
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def failure_reason(error: BaseException) -> str:
    """The first line of the error that caused all the others."""
    while error.__context__ is not None:
        error = error.__context__
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:LONGEST_REASON]
