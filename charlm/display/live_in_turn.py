"""Trainings that follow one another on a terminal: the live view of each, one at a time. Knows no search."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console

from charlm.display.live import LiveView, supports_live_view
from charlm.training.events import Event


class LiveInTurn:
    """Shows nothing where the console is no terminal. A context, at whose end a view that is left is taken away."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: LiveView | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_live()

    def _begin_live(self, title: str) -> None:
        if supports_live_view(self._console):
            self._live = LiveView(self._console, title).__enter__()

    def _show_live(self, event: Event) -> None:
        if self._live is not None:
            self._live.show(event)

    def _end_live(self) -> None:
        if self._live is not None:
            self._live.__exit__(None, None, None)
            self._live = None
