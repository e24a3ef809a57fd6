"""A training on a terminal: one live picture, redrawn by a thread a few times a second. Knows no training loop.

Showing an event only stores it: the thread draws from one immutable value. A terminal that is closed ends the picture,
never the training.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from io import StringIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.terminal_theme import TerminalTheme

from charlm.display.curve import Curve
from charlm.display.frame import layout_frame
from charlm.display.redrawn import Redrawn
from charlm.display.status import TrainingStatus
from charlm.display.summary import print_rows, started_rows
from charlm.display.units import in_bits
from charlm.training.events import Event, Started, Updated, Validated

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


def supports_live_view(console: Console) -> bool:
    """Whether the console is a terminal that can move its cursor and show braille.

    The stream is checked as well: with FORCE_COLOR set, rich takes a log file for a terminal.
    """
    return console.file.isatty() and console.is_interactive and console.encoding.startswith("utf")


class LiveView(Redrawn):
    """Draws on `console`, which must be on stderr. `title` names the run and its model."""

    def __init__(self, console: Console, title: str, *, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console, lambda: self)
        self._title = title
        self._now = now
        self._status = TrainingStatus()
        self._curve = Curve()
        self._updated_at = now()  # when the newest update came, for a clock that moves between two updates

    def show(self, event: Event) -> None:
        """Store the event for the next picture. Facts about the start are printed above the picture and stay."""
        self._store(event)
        if isinstance(event, Started):
            print_rows(self._console, started_rows(event))

    def _store(self, event: Event) -> None:
        self._status = self._status.after(event)
        newest = self._status.updated
        if isinstance(event, Updated):
            self._updated_at = self._now()
            self._curve.train(event.progress, in_bits(event.train_nats))
        elif isinstance(event, Validated):
            self._curve.valid(newest.progress if newest else 0.0, event.bits)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The current picture, for the current size of the terminal."""
        status = self._status
        if status.finished is not None:
            elapsed, left = status.finished.seconds, None
        else:
            since = self._now() - self._updated_at
            elapsed = since + (status.updated.seconds if status.updated else 0.0)
            left = status.seconds_left()
            left = None if left is None else max(0.0, left - since)
        width, height = options.size
        for line in layout_frame(status, self._curve, self._title, elapsed, left, width, height - 1):
            yield from line
            yield Segment.line()


def render_svg(events: Iterable[Event], title: str, *, width: int = 88, height: int = 30) -> str:
    """The live picture after these events, as an SVG document that loads no font and needs no network."""
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
