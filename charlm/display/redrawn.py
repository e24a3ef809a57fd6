"""A picture on a terminal that a thread redraws a few times a second while it is entered. Knows not what it shows.

A terminal that is closed ends the picture, never the work that it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live

from charlm.display.console import silence_on_error

REFRESHES = 4  # a second


class Redrawn:
    """Shows what `picture` gives, on a console that must be on stderr."""

    def __init__(self, console: Console, picture: Callable[[], RenderableType]) -> None:
        self._console = console
        self._live = _Live(console, picture)

    def __enter__(self) -> Self:
        with silence_on_error(self._console):
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with silence_on_error(self._console):
            self._live.stop()


class _Live(Live):
    """Rich's live display, which stops when the terminal is closed."""

    def __init__(self, console: Console, picture: Callable[[], RenderableType]) -> None:
        # rich must not redirect stdout, which carries data. It does redirect stderr: warnings appear above the picture.
        super().__init__(get_renderable=picture, console=console, refresh_per_second=REFRESHES, redirect_stdout=False)
        self._width = console.width

    def refresh(self) -> None:
        with silence_on_error(self.console):
            width, before = self.console.width, self._width
            if width < before:  # the terminal has wrapped the last picture: its lines are not where rich expects them
                self.console.clear()
            self._width = width
            super().refresh()
