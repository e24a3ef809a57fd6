"""stderr as a rich console: where the program talks to a person. It knows nothing of what is said.

Nothing here is parsed as markup, and a listener that goes away silences the talk and stops nothing: left to itself,
rich would end the process and close stdout with it, and stdout is data.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console


class Talk(Console):
    """A console on stderr, or on another stream for tests and pictures."""

    def __init__(self, file: IO[str] | None = None, *, width: int | None = None, height: int | None = None) -> None:
        super().__init__(
            file=file or sys.stderr,  # named, because rich knows the encoding of a named stream alone
            stderr=True,
            width=width,
            height=height,
            markup=False,
            emoji=False,
            highlight=False,
        )

    def on_broken_pipe(self) -> None:
        """The listener closed the pipe."""
        self.quiet = True


@contextmanager
def lasting(console: Console) -> Iterator[None]:
    """Where writing fails in any other way, as on a terminal that was closed, the console falls silent."""
    try:
        yield
    except OSError:
        console.quiet = True
