"""stderr as a rich console, for messages to a person. Knows nothing of their content.

Markup is never parsed. A reader of stderr that goes away silences the console and stops nothing: rich on its own would
end the process and close stdout, which carries data.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console


class StderrConsole(Console):
    """A console on stderr, or on another stream for tests and pictures."""

    def __init__(self, file: IO[str] | None = None, *, width: int | None = None, height: int | None = None) -> None:
        super().__init__(
            file=file or sys.stderr,  # passed explicitly: rich reads the encoding only of a stream that it was given
            stderr=True,
            width=width,
            height=height,
            markup=False,
            emoji=False,
            highlight=False,
        )

    def on_broken_pipe(self) -> None:
        """Called by rich when the reader has closed the pipe."""
        self.quiet = True


@contextmanager
def silence_on_error(console: Console) -> Iterator[None]:
    """Silence the console if writing fails for any other reason, such as a terminal that was closed."""
    try:
        yield
    except OSError:
        console.quiet = True
