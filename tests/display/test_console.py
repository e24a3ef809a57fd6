"""Messages on stderr, and what happens when nobody reads them."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from charlm.display.console import StderrConsole, silence_on_error


def test_messages_go_to_stderr_only(capsys: pytest.CaptureFixture[str]) -> None:
    StderrConsole().print("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_nothing_is_markup(capsys: pytest.CaptureFixture[str]) -> None:
    StderrConsole().print("[red]a[/b] :smile: 12")
    assert capsys.readouterr().err == "[red]a[/b] :smile: 12\n"


def test_a_closed_pipe_silences_it_and_stdout_still_works() -> None:
    program = (
        "import sys\n"
        "from charlm.display.console import StderrConsole\n"
        "sys.stdin.read()\n"  # until the reader of stderr is closed
        "console = StderrConsole()\n"
        "for _ in range(3): console.print('x')\n"
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
    console = StderrConsole()
    console.print("x")
    assert not console.is_terminal


def test_the_encoding_is_that_of_the_stream() -> None:
    assert StderrConsole(io.TextIOWrapper(io.BytesIO(), encoding="ascii")).encoding == "ascii"


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, os.strerror(5))


def test_a_closed_terminal_silences_it() -> None:
    console = StderrConsole(Gone())
    with silence_on_error(console):
        console.print("x")
    console.print("y")
    assert console.quiet
