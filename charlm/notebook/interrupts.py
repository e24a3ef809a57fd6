"""The interrupt of a cell: while a training computes, the first one asks it to save and end. Knows no training.

A notebook interrupts a cell by SIGINT. Between two events the cell's own code runs, and Ctrl-C means what it does
elsewhere.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import FrameType

from charlm.signals import interrupts_handled


class Interrupted(KeyboardInterrupt):
    """A cell that was interrupted: the code after the training does not run. Its card says how to go on."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback, which would be about the loop and its generators."""
        return [f"KeyboardInterrupt: {self}"]


class Interrupt:
    """Whether the work is asked to end."""

    def __init__(self) -> None:
        self.asked = False

    def is_asked(self) -> bool:
        return self.asked

    def recorded(self) -> AbstractContextManager[None]:
        """Within the context, a first SIGINT is only recorded; a second one raises KeyboardInterrupt.

        Does nothing outside of the main thread, and where SIGINT is ignored.
        """
        return interrupts_handled(self._record)

    def _record(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
