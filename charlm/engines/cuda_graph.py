"""Work for a CUDA card that is recorded once and replayed with a single call: CUDA graphs. Knows no model.

Launching a kernel costs the processor some microseconds, and a recurrent network is thousands of small kernels for
each window. A recording replays them as they were: at the same addresses, in the same shapes. So what is recorded
reads and writes tensors that stay where they are, branches on no value, and never waits for host or card.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

WARM_UP_RUNS = 3  # runs before a recording, in which libraries pick their kernels and make their workspaces
LONGEST_REASON = 200  # characters of an error that a note quotes

Work = Callable[[], None]


class CaptureFailed(Exception):  # noqa: N818 - no fault of anyone's: the work is then done without a recording
    """Why some work could not be recorded, in the words of whoever refused."""


class Capturer(Protocol):
    """Where work is rehearsed and recorded."""

    def warm_up(self, work: Callable[[], object]) -> None:
        """Do the work some times over, for its side effects on libraries only."""
        ...

    def capture(self, work: Work, generator: torch.Generator | None = None) -> Work:
        """What does the work from now on; it is not done yet. `generator` is the one that it draws from.

        Raises CaptureFailed.
        """
        ...


class CudaCapturer:
    """A Capturer on a CUDA card, with a stream of its own: libraries keep a workspace for each."""

    def __init__(self, place: torch.device) -> None:
        self._place = place
        self._stream = torch.cuda.Stream(place)  # type: ignore[no-untyped-call]

    def warm_up(self, work: Callable[[], object]) -> None:
        with torch.cuda.device(self._place):
            self._stream.wait_stream(torch.cuda.current_stream())
            try:
                with torch.cuda.stream(self._stream):
                    for _ in range(WARM_UP_RUNS):
                        work()
            finally:
                torch.cuda.current_stream().wait_stream(self._stream)

    def capture(self, work: Work, generator: torch.Generator | None = None) -> Work:
        graph = torch.cuda.CUDAGraph()
        # Entering the current stream looks idle, but a capture that fails leaves its own stream as the current one.
        with torch.cuda.device(self._place), torch.cuda.stream(torch.cuda.current_stream()):
            if generator is not None:
                graph.register_generator_state(generator)
            try:
                with torch.cuda.graph(graph, stream=self._stream):
                    work()
            except RuntimeError as error:
                self._forget_the_capture(generator)
                raise CaptureFailed(reason(error)) from error
        return graph.replay

    def _forget_the_capture(self, generator: torch.Generator | None) -> None:
        """Generators that were in a capture that failed think that it goes on; a copy of their state does not."""
        own = torch.cuda.default_generators[torch.cuda.current_device()]
        for each in (own,) if generator is None else (own, generator):
            each.graphsafe_set_state(each.clone_state())


def reason(error: BaseException) -> str:
    """The first line of the error that all the others came after."""
    while error.__context__ is not None:
        error = error.__context__
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:LONGEST_REASON]
