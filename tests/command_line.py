"""`charlm` as the tests run it: in this process, which has imported torch already, or in a process of its own.

A process of its own takes seconds to import torch. It is for what only a process can show: signals, limits, what is
imported, how it starts.

In this process, the pictures that trainings and studies end with have no content: matplotlib takes twice as long as a
training of a few steps. tests/display/ looks at them, and tests/cli/test_train.py at that of a process of its own.
Where a command times updates to choose settings, it times few: no test is about the speed of a machine.
"""

from __future__ import annotations

import functools
import io
import os
import subprocess
import sys
from typing import Any, TextIO

import pytest
import torch
import typer

from charlm.cells import own_files
from charlm.cli import app, main
from charlm.display import loss_plot, study_plot
from charlm.training import speed

# The parsers of all commands, which take longer to make than a short command to run. They keep nothing between calls.
parsers = functools.cache(typer.main.get_command)


def require_command(arguments: list[str]) -> None:
    """Parse a command line with the tree of commands. Raises what typer raises for a wrong one.

    A command that is only named, without arguments, needs none.
    """
    command, path = parsers(app), []
    while inner := getattr(command, "commands", {}).get(arguments[0]):
        command, path, arguments = inner, [*path, arguments[0]], arguments[1:] or [""]
        if not getattr(command, "commands", None):
            break
    assert not getattr(command, "commands", None), f"{path} is a group"
    if given := [each for each in arguments if each]:
        command.make_context(path[-1], given)


PNG = b"\x89PNG\r\n\x1a\n"  # what such a file begins with


def kept(errors="strict") -> TextIO:
    """A stream to write to whose bytes stay in memory."""
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n", errors=errors)


def in_this_process(
    *arguments, env=None, cwd=None, stdin="", stdout=None, stderr=None
) -> subprocess.CompletedProcess[str]:
    """Runs the command line where we are. Standard input is text, or bytes that may be none.

    What is said to a stream that is given is not in the result.
    """
    own_files._trusted.clear()  # no command knows what an earlier one was allowed
    given = stdin.encode() if isinstance(stdin, str) else stdin
    out, err = stdout or kept(), stderr or kept("backslashreplace")
    code: Any = 0
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        if cwd is not None:
            patch.chdir(cwd)
        for name, value in (env or {}).items():
            patch.setenv(name, str(value))
        patch.setattr(typer.main, "get_command", parsers)
        for file in (loss_plot, study_plot):
            patch.setattr(file, "save_png", lambda figure, path: path.write_bytes(PNG))
        patch.setattr(speed, "MOST_UPDATES", speed.FEWEST)
        patch.setattr(sys, "argv", ["charlm", *map(str, arguments)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    torch.set_num_threads(threads)
    out.flush()
    err.flush()
    said = (None if stdout else out.buffer.getvalue().decode(), None if stderr else err.buffer.getvalue().decode())
    return subprocess.CompletedProcess(arguments, code, *said)


def in_its_own_process(*arguments, env=None, stdin="", **named) -> subprocess.CompletedProcess[str]:
    """Runs the command line as a user does; warnings are errors."""
    environment = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8", **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", "charlm", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=200,
        **named,
    )
