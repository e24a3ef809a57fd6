"""Processes that work on the parts of a text: tasks and results are lines of JSON. Knows no text.

A process is a Python of its own (worker.py), not a fork: the caller may have threads, and need not be a script that can
be imported. It ends when its standard input does, and looks now and then whether its parent still lives. So nothing is
left when the parent is killed.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from charlm import errors
from charlm.errors import CharlmError, TextError

Task = Mapping[str, Any]
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # each process has one core


@dataclass(frozen=True)
class Said:
    """What a process says of the task with that number: how far it is, or its result, of which one is None."""

    number: int
    far: int | None = None
    result: Any = None


class Workers:
    """Up to `most` processes, which start when there are tasks, and end with the `with` block."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._idle: list[subprocess.Popen[str]] = []
        self._all: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End all processes now, whatever they do."""
        self._kill()
        for process in self._all:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what was not yet sent cannot be
                        pipe.close()
        self._idle, self._all = [], []

    def _kill(self) -> None:
        for process in self._all:
            process.kill()

    def work(self, tasks: Sequence[tuple[int, Task]]) -> Iterator[Said]:
        """What the processes say of numbered tasks, which begin in this order.

        Raises the error of the first task in this order that fails: those before it are waited for.
        """
        said: queue.Queue[Said | tuple[int, BaseException]] = queue.Queue()
        waiting, begin = list(reversed(tasks)), threading.Lock()
        failed: dict[int, BaseException] = {}

        def serve(process: subprocess.Popen[str]) -> None:
            while True:
                with begin:
                    if failed or not waiting:
                        self._idle.append(process)
                        return
                    number, task = waiting.pop()
                try:
                    for each in _answers(process, number, task):
                        said.put(each)
                except BaseException as error:
                    with begin:
                        failed[number] = error
                    said.put((number, error))
                    return

        threads = [
            threading.Thread(target=serve, args=(self._process(),), daemon=True)
            for _ in range(min(self._most, len(tasks)))
        ]
        for thread in threads:
            thread.start()
        left = {number for number, _ in tasks}
        try:
            while left:
                try:
                    each = said.get(timeout=1)
                except queue.Empty:
                    continue
                if isinstance(each, tuple):
                    left = {number for number in left if number < each[0]}
                    continue
                if each.far is None:
                    left.discard(each.number)
                yield each
            if failed:
                raise failed[min(failed)]
        finally:
            if left or failed:
                self._kill()
            for thread in threads:
                thread.join()
            if left or failed:
                self.end()

    def _process(self) -> subprocess.Popen[str]:
        if self._idle:
            return self._idle.pop()
        start = f"import sys; sys.path[:] = {sys.path!r}; from charlm.text.shards.worker import main; main()"
        group = {"process_group": 0} if os.name == "posix" else {}  # Ctrl-C is for the parent, which ends them
        try:
            process: subprocess.Popen[str] = subprocess.Popen(
                [sys.executable, "-c", start],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="ascii",
                env={**os.environ, **ALONE},
                **group,  # type: ignore[call-overload]
            )
        except OSError as error:
            reason = f"No process can be started to read the text: {error.strerror or error}"
            raise TextError(reason, sys.executable, "Close other programs, and give the same command again.") from None
        self._all.append(process)
        return process


def _answers(process: subprocess.Popen[str], number: int, task: Task) -> Iterator[Said]:
    """What a process says of one task. Raises the error that it says."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
    except OSError:
        pass  # it has ended, which is said below
    for line in process.stdout:
        kind, value = json.loads(line)
        if kind == "far":
            yield Said(number, far=value)
        elif kind == "result":
            yield Said(number, result=value)
            return
        elif kind == "error":
            raise known_error(*value)
        else:
            raise RuntimeError(f"a process that reads the text failed:\n{value}")
    code = process.wait()
    raise TextError(
        f"A process that reads the text ended ({f'signal {-code}' if code < 0 else f'exit code {code}'})",
        str(task.get("where", "")),
        "Perhaps memory ran out. What is done is kept: give the same command again.",
    )


def known_error(name: str, what: str, where: str, remedy: str) -> CharlmError:
    """An error of charlm.errors, by the name of its class."""
    kind = getattr(errors, name)
    assert issubclass(kind, CharlmError)
    error: CharlmError = kind(what, where, remedy)
    return error
