"""A line on a terminal while a command computes: what it does, and for how long. Knows no command.

The line appears after a second, since most commands are quicker, and goes when the work is done. A pipe gets nothing.
It is on stderr; stdout carries data. Nothing may be printed meanwhile but by print_stderr, which rich puts above it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from charlm.display.printing import escape_controls, is_terminal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

DELAY = 1.0  # seconds
REFRESHES = 4  # a second

Item = TypeVar("Item")


class Waiting:
    """Shows `doing` and the time since it was entered; `say` changes what is done."""

    def __init__(self, doing: str, *, delay: float = DELAY, console: Console | None = None) -> None:
        self._doing, self._delay, self._console = doing, delay, console
        self._began = 0.0
        self._left = threading.Event()
        self._thread: threading.Thread | None = None

    def say(self, doing: str) -> None:
        """From now on this is done."""
        self._doing = doing

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        if self._console is not None or is_terminal(sys.stderr):
            self._thread = threading.Thread(target=self._show, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        if self._thread is not None:
            self._thread.join()

    def _show(self) -> None:
        """The thread: wait, show the line, and take it away at the end."""
        if self._left.wait(self._delay):
            return
        from charlm.display.console import silence_on_error

        live = self._live()
        with silence_on_error(live.console):
            live.start()
        self._left.wait()
        with silence_on_error(live.console):
            live.stop()

    def _live(self) -> Live:
        from rich.live import Live

        from charlm.display.console import StderrConsole

        return Live(
            get_renderable=self._line,
            console=self._console or StderrConsole(),
            refresh_per_second=REFRESHES,
            redirect_stdout=False,
            transient=True,
        )

    def _line(self) -> Text:
        from rich.text import Text

        from charlm.display.units import clock

        line = f"{escape_controls(self._doing)} ... {clock(time.monotonic() - self._began)}"
        return Text(line, style="dim", no_wrap=True, overflow="ellipsis")


class Silence(Waiting):
    """Shows nothing: for a command that prints lines of its own meanwhile."""

    def __init__(self) -> None:
        super().__init__("")

    def __enter__(self) -> Self:
        return self


def watched(items: Iterable[Item], doing: str, total: int = 1) -> Iterator[Item]:
    """The items, with a line while each is computed, and its number if there are several.

    Between two of them anything may be printed.
    """
    iterator = iter(items)
    for number in count(1):
        try:
            with Waiting(f"{doing}, {number} of {total}" if total > 1 else doing):
                item = next(iterator)
        except StopIteration:
            return
        yield item
