"""A line while a command computes: on a terminal, after a moment, and gone at the end."""

from __future__ import annotations

import io
import sys
import threading

import pytest
from rich.console import Console

from charlm.display import waiting
from charlm.display.waiting import Waiting, watched


class Terminal(io.StringIO):
    """Says when something is first written to it."""

    def __init__(self):
        super().__init__()
        self.written = threading.Event()

    def isatty(self):
        return True

    def write(self, text):
        count = super().write(text)
        if "..." in text:
            self.written.set()
        return count


@pytest.fixture
def terminal():
    return Terminal()


def console(terminal):
    return Console(file=terminal, width=60, force_terminal=True, legacy_windows=False, color_system=None)


def test_it_says_what_is_done_and_for_how_long_and_is_gone_at_the_end(terminal):
    with Waiting("reading\x1b[2J", delay=0, console=console(terminal)) as shown:
        assert terminal.written.wait(30)
        assert "reading\\x1b[2J ... 0:00" in terminal.getvalue()
        terminal.written.clear()
        shown.say("counting")
        assert terminal.written.wait(30)
    assert "counting ... 0:0" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K"), "the line is erased"


def test_what_is_quick_shows_nothing(terminal):
    with Waiting("reading", console=console(terminal)):
        pass
    assert terminal.getvalue() == ""


def test_a_pipe_gets_nothing_and_no_thread_is_started(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    before = threading.active_count()
    with Waiting("reading", delay=0):
        assert threading.active_count() == before
    assert stream.getvalue() == ""


def test_an_error_passes_and_ends_the_line(terminal):
    def broken():
        with Waiting("reading", delay=0, console=console(terminal)):
            assert terminal.written.wait(30)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken()
    assert terminal.getvalue().endswith("\x1b[2K")


def test_items_come_as_they_are_computed_and_are_numbered(monkeypatch):
    said = []
    enter = Waiting.__enter__
    monkeypatch.setattr(waiting.Waiting, "__enter__", lambda self: (said.append(self._doing), enter(self))[1])
    assert list(watched(iter("ab"), "reading", 2)) == ["a", "b"]
    assert said[:2] == ["reading, 1 of 2", "reading, 2 of 2"]
    assert list(watched([], "reading")) == []


@pytest.mark.parametrize("arguments", [["data", "stats", "verse.txt"], ["doctor", "verse.txt"]], ids=" ".join)
def test_commands_show_none_in_a_pipe(charlm, verse, tmp_path, arguments):
    (tmp_path / "verse.txt").write_bytes(verse.read_bytes())
    piped = charlm(*arguments)
    assert "..." not in piped.stderr
    assert "\x1b" not in piped.stdout + piped.stderr
