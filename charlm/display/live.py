"""A training on a terminal: one live picture, kept up to date by a thread a few times a second.

This file knows no training loop and does no arithmetic on scores. Showing an event stores it and no more: what is drawn
is drawn beside the training, from one immutable value. A terminal that goes away ends the picture, never the training.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from io import StringIO
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.terminal_theme import TerminalTheme

from charlm.display.card import print_rows, started_rows
from charlm.display.curve import Curve
from charlm.display.frame import frame
from charlm.display.talk import lasting
from charlm.display.view import Seen, in_bits
from charlm.training.events import Event, Started, Updated, Validated

REFRESHES = 4  # a second
SVG_THEME = TerminalTheme(
    (24, 26, 31),
    (214, 217, 224),
    [
        (40, 42, 48),
        (224, 108, 117),
        (152, 195, 121),
        (229, 178, 92),
        (97, 160, 235),
        (198, 120, 221),
        (86, 182, 194),
        (171, 178, 191),
    ],
)


def is_fit(console: Console) -> bool:
    """Whether a live picture can be drawn here: a terminal that moves its cursor and has braille.

    The stream itself is asked, too: FORCE_COLOR makes rich take a log for a terminal.
    """
    return console.file.isatty() and console.is_interactive and console.encoding.startswith("utf")


class LiveView:
    """Draws on `console`, which must be on stderr; `title` names the run and its model."""

    def __init__(self, console: Console, title: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._title = title
        self._now = now
        self._seen = Seen()
        self._curve = Curve()
        self._heard = now()  # when the newest update came, for a clock that moves between two of them
        # stdout is data and must not be led through the console; warnings on stderr are, and appear above the picture.
        self._live = _Picture(self, console)

    def __enter__(self) -> Self:
        with lasting(self._console):
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with lasting(self._console):
            self._live.stop()

    def show(self, event: Event) -> None:
        """Store the event for the next picture; facts about the start are printed above it and stay."""
        self._store(event)
        if isinstance(event, Started):
            print_rows(self._console, started_rows(event))

    def _store(self, event: Event) -> None:
        self._seen = self._seen.after(event)
        newest = self._seen.updated
        if isinstance(event, Updated):
            self._heard = self._now()
            self._curve.train(event.progress, in_bits(event.nats))
        elif isinstance(event, Validated):
            self._curve.valid(newest.progress if newest else 0.0, event.bits)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The picture as it is now, for the size that the terminal has now."""
        seen = self._seen
        if seen.finished is not None:
            elapsed, left = seen.finished.seconds, None
        else:
            since = self._now() - self._heard
            elapsed = since + (seen.updated.seconds if seen.updated else 0.0)
            pace = seen.left()
            left = None if pace is None else max(0.0, pace - since)
        width, height = options.size
        for line in frame(seen, self._curve, self._title, elapsed, left, width, height - 1):
            yield from line
            yield Segment.line()


def picture(events: Iterable[Event], title: str, *, width: int = 88, height: int = 30) -> str:
    """The live picture after these events, as an SVG document that needs no font and no network of its own."""
    console = Console(
        file=StringIO(), record=True, width=width, height=height, force_terminal=True, no_color=False,
        color_system="truecolor", legacy_windows=False,
    )  # fmt: skip
    view = LiveView(console, title, now=lambda: 0.0)
    for event in events:
        view._store(event)
    console.print(view)
    svg = console.export_svg(title="charlm train", theme=SVG_THEME)
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


class _Picture(Live):
    """Rich's live display, for as long as there is a terminal."""

    def __init__(self, view: LiveView, console: Console) -> None:
        super().__init__(
            get_renderable=lambda: view, console=console, refresh_per_second=REFRESHES, redirect_stdout=False
        )
        self._width = console.width

    def refresh(self) -> None:
        with lasting(self.console):
            width, before = self.console.width, self._width
            if width < before:  # the terminal has wrapped the lines of the last picture: none of them is where it was
                self.console.clear()
            self._width = width
            super().refresh()
