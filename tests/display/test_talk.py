"""Talking to a person on stderr, and what happens when nobody listens."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from charlm.display.talk import Talk, lasting


def test_it_talks_on_stderr_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Talk().print("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_nothing_is_markup(capsys: pytest.CaptureFixture[str]) -> None:
    Talk().print("[red]a[/b] :smile: 12")
    assert capsys.readouterr().err == "[red]a[/b] :smile: 12\n"


def test_a_closed_pipe_silences_it_and_stdout_lives_on() -> None:
    program = (
        "import sys\n"
        "from charlm.display.talk import Talk\n"
        "sys.stdin.read()\n"  # until the reader of stderr has gone
        "talk = Talk()\n"
        "for _ in range(3): talk.print('x')\n"
        "print('data')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    process.stderr.close()
    process.stderr = None
    out, _ = process.communicate(b"")
    assert (out, process.returncode) == (b"data\n", 0)


def test_no_stderr_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    talk = Talk()
    talk.print("x")
    assert not talk.is_terminal


def test_the_encoding_is_that_of_the_stream() -> None:
    assert Talk(io.TextIOWrapper(io.BytesIO(), encoding="ascii")).encoding == "ascii"


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, os.strerror(5))


def test_a_closed_terminal_silences_it() -> None:
    talk = Talk(Gone())
    with lasting(talk):
        talk.print("x")
    talk.print("y")
    assert talk.quiet
