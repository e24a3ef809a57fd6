"""A process that has imported what a training imports, and forks one for each command line that it is sent.

`charlm train` computes for seconds before its first update, nearly all of it in imports. A test that starts many
trainings starts them here: each runs the real command line in a process of its own, which can be sent signals.

    python warm.py      reads lines of JSON: {"arguments", "environment", "folder",
                        "stderr", "ignored", "terminal"}

prints for each line the number of the process, and at its end the exit code.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any


class Forked:
    """A `charlm` in a process of its own, as far as the tests need what subprocess.Popen has. `stderr` is a text."""

    returncode: int | None = None

    def __init__(self, server: subprocess.Popen[str], told: dict[str, object]) -> None:
        self._answers = server.stdout
        server.stdin.write(json.dumps(told) + "\n")
        server.stdin.flush()
        self.pid = int(self._answers.readline())
        self.stderr = Path(str(told["stderr"])).open(encoding="utf-8")  # noqa: SIM115 - communicate() closes it

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._answers], [], [], 0)[0]:
            self.returncode = int(self._answers.readline())
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def until(self, word: str) -> str:
        """Read what it says up to a line with this word; gives that line."""
        said = []
        for line in self.stderr:
            said.append(line)
            if word in line:
                return line
        raise AssertionError(f"{word!r} was never said: {''.join(said)}")

    def communicate(self) -> tuple[None, str]:
        """Wait for its end; gives the rest of standard error in the place that it has with subprocess.Popen."""
        with self.stderr:
            said = self.stderr.read()
        if self.returncode is None:
            self.returncode = int(self._answers.readline())
        return None, said


class Warm(AbstractContextManager["Warm"]):
    """Starts the process, and ends it on leaving. One training at a time runs in it."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._count = 0

    def start(
        self, folder: Path, *arguments: object, ignored: tuple[int, ...] = (), terminal: str = "", **environment: str
    ) -> Forked:
        """Run `charlm` with these arguments in the folder.

        It ignores these signals, as under nohup. With the name of a terminal, that is its own, and standard error is
        empty.
        """
        self._count += 1
        pipe = folder / f"stderr-{self._count}"
        os.mkfifo(pipe)
        told = {
            "arguments": [str(argument) for argument in arguments], "environment": environment, "stderr": str(pipe),
            "folder": str(folder), "ignored": ignored, "terminal": terminal,
        }  # fmt: skip
        return Forked(self._server, told)

    def __exit__(self, *error: object) -> None:
        self._server.kill()
        self._server.communicate()


def become(told: dict[str, Any]) -> None:
    """Make this process, which was just forked, one that a shell has started."""
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.dup2(os.open(told["stderr"], os.O_WRONLY), 2)
    if told["terminal"]:
        os.login_tty(os.open(told["terminal"], os.O_RDWR))
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # shells let what they start in the background ignore it
    for number in told["ignored"]:
        signal.signal(number, signal.SIG_IGN)
    os.chdir(told["folder"])
    os.environ.update(told["environment"])
    sys.argv = ["charlm", *told["arguments"]]


def serve() -> None:
    from charlm.__main__ import main
    from charlm.machine import choose_waiting

    choose_waiting()
    for name in ("charlm.cli.train", "charlm.training", "charlm.evaluation", "charlm.engines", "charlm.display"):
        package = importlib.import_module(name)
        for each in pkgutil.iter_modules(getattr(package, "__path__", ()), f"{name}."):
            importlib.import_module(each.name)
    for name in ("matplotlib.figure", "matplotlib.backends.backend_agg"):
        importlib.import_module(name)
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if not child:
            become(told)
            main()
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
