"""The live picture on a terminal: a real one (a pty), and one that goes away."""

from __future__ import annotations

import io
import math
import os
import pty
import re
import sys
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from charlm.display.console import StderrConsole
from charlm.display.live import LiveView, render_svg, supports_live_view
from charlm.training.events import Event, Finished, Sampled, Saved, Started, Updated, Validated

STARTED = Started(612_345, 1000, 50, 65, 32, 64, None, None, 97.0, "cpu", "bf16", None, ("[b]CRLF became LF",))
COLOURS = re.compile(r"\x1b\[[0-9;]*3[0-7][0-9;]*m")


def updated(step: int) -> Updated:
    return Updated(
        step, step / 50, step / 10, 1.4 + 1 / step, 4e-3, 0.71, step * 2048, float(step), 41_234.0, 1.4 + 1 / step
    )


EVENTS: list[Event] = [
    STARTED,
    *(updated(step) for step in range(1, 26)),
    Validated(25, 1.5, 1.5 / math.log(2), True, 50, 25.0),
    Saved(25, Path("step-25"), best=True),
    Sampled(25, "\x1b[31mhello [red]world[/b]\u202e"),
]
FINISHED = Finished("length", 50, 97.0, 102_400, 1.4, 25, 1.5, 1.5)


class Terminal(io.StringIO):
    """A stream that pretends to be a terminal."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_INTERACTIVE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def show_all(events: list[Event], console: Console) -> None:
    with LiveView(console, "book") as view:
        for event in events:
            view.show(event)


def test_the_last_picture_stays_below_the_facts_of_the_start() -> None:
    stream = Terminal()
    show_all([*EVENTS, FINISHED], StderrConsole(stream, width=80, height=24))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert text.index("612,345 parameters") < text.index("[b]CRLF became LF") < text.rindex("valid bits")
    assert "hello [red]world[/b]\\u202e" in text
    assert "1:37" in text


def test_the_sample_cannot_control_the_terminal() -> None:
    stream = Terminal()
    show_all(EVENTS, StderrConsole(stream, width=80, height=24))
    assert "\x1b[31mhello" not in stream.getvalue()
    assert "\u202e" not in stream.getvalue()
    assert "\\x1b[31mhello" in stream.getvalue()


def test_the_cursor_is_restored() -> None:
    stream = Terminal()
    with pytest.raises(KeyboardInterrupt), LiveView(StderrConsole(stream, width=80, height=24), "book"):
        raise KeyboardInterrupt
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


@pytest.mark.parametrize("no_color", [True, False])
def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch, no_color: bool) -> None:
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    show_all(EVENTS, StderrConsole(stream, width=80, height=24))
    assert bool(COLOURS.search(stream.getvalue())) is not no_color


def test_showing_an_update_draws_nothing() -> None:
    stream = Terminal()
    view = LiveView(StderrConsole(stream, width=80, height=24), "book")
    for step in range(1, 50):
        view.show(updated(step))
    assert stream.getvalue() == ""


def test_the_clock_runs_on_between_two_updates() -> None:
    now = [100.0]
    console = StderrConsole(Terminal(), width=80, height=24)
    view = LiveView(console, "book", now=lambda: now[0])
    for step in (1, 11):  # a second a step, 39 to go
        view.show(updated(step))
    now[0] += 20
    with console.capture() as capture:
        console.print(view)
    assert re.search(r"elapsed\S* +\S*0:31", capture.get())
    assert re.search(r"left\S* +\S*0:19", capture.get())


def test_stdout_is_not_redirected_and_warnings_do_not_break_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, out = Terminal(), sys.stdout
    with LiveView(StderrConsole(stream, width=80, height=24), "book"):
        assert sys.stdout is out
        print("a [red] warning", file=sys.stderr)
    assert "a [red] warning" in stream.getvalue()


def read_until(terminal: int, words: bytes) -> None:
    """Read what is drawn until the words appear. The live picture is redrawn again and again."""
    drawn = b""
    while words not in drawn:
        drawn += os.read(terminal, 65_536)


def test_it_draws_on_a_real_terminal_and_survives_a_resize_and_its_closing() -> None:
    master, slave = pty.openpty()
    stream = os.fdopen(slave, "w", encoding="utf-8")
    console = StderrConsole(stream, width=100, height=30)
    try:
        assert supports_live_view(console)
        with LiveView(console, "book") as view:
            for event in EVENTS:
                view.show(event)
            read_until(master, b"sample at step 25")
            console.size = (60, 24)  # type: ignore[assignment]
            read_until(master, b"\x1b[2J")  # narrower: the wrapped lines are cleared ...
            read_until(master, b"sample at step 25")  # ... and the picture is drawn again
            os.close(master)  # the window was closed
            for event in EVENTS:
                view.show(event)
            assert console.quiet
    finally:
        with suppress(OSError):  # what could not be written
            stream.close()


def test_a_log_file_does_not_support_the_live_view(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not supports_live_view(StderrConsole(io.StringIO()))
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not supports_live_view(StderrConsole(io.StringIO()))


def test_a_dumb_terminal_does_not_support_the_live_view(monkeypatch: pytest.MonkeyPatch) -> None:
    assert supports_live_view(StderrConsole(Terminal()))
    monkeypatch.setenv("TERM", "dumb")
    assert not supports_live_view(StderrConsole(Terminal()))


def test_a_terminal_without_braille_does_not_support_the_live_view() -> None:
    class Old(Terminal):
        encoding = "iso-8859-1"  # type: ignore[assignment]

    assert not supports_live_view(StderrConsole(Old()))


def test_a_closed_stderr_does_not_support_the_live_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert not supports_live_view(StderrConsole())


def test_the_svg_loads_nothing_from_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")  # concerns the terminal, not the picture
    svg = render_svg(EVENTS, "book", width=80, height=24)
    words = "".join(ElementTree.fromstring(svg).itertext()).replace("\xa0", " ")
    assert "sample at step 25" in words
    assert "valid bits" in words
    assert "url(http" not in svg
    assert "#56b6c2" in svg
    assert svg == render_svg(EVENTS, "book", width=80, height=24)
