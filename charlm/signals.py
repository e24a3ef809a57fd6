"""Signals: Ctrl-C ends a command quietly; a training saves and ends, or saves and goes on. Knows no training.

SIGINT, SIGTERM    the first asks the training to save and end, the second ends the process at once
SIGHUP             the terminal was closed: as the first SIGTERM; left alone under nohup, which ignores it
SIGUSR1            asks for a checkpoint; the training goes on. Between two trainings all is saved, and the next one
                   saves at its first step; where nothing is trained, it does nothing
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, Self

# Windows has neither of them.
HANGUP: int | None = getattr(signal, "SIGHUP", None)
SAVE: int | None = getattr(signal, "SIGUSR1", None)

GRACE = 5.0  # seconds that an interrupted command has to close what is open


class Stop:
    """A context that records signals. `signal` is the number of the first one that asks for the end, 0 if none did."""

    def __init__(self) -> None:
        self.signal = 0
        self._insistent = False  # True if a person or a program has asked already; a terminal may hang up twice
        self._save = False
        self._before: dict[int, Any] = {}

    def asked(self) -> bool:
        """Whether a signal has asked the work to save and end."""
        return self.signal != 0

    def save_asked(self) -> bool:
        """Whether a signal has asked for a checkpoint since the last call."""
        asked, self._save = self._save, False
        return asked

    def __enter__(self) -> Self:
        ending = [signal.SIGINT, signal.SIGTERM]
        if HANGUP is not None and signal.getsignal(HANGUP) is not signal.SIG_IGN:
            ending.append(signal.Signals(HANGUP))
        for number in ending:
            self._before[number] = signal.signal(number, self._end)
        if SAVE is not None:
            self._before[SAVE] = signal.signal(SAVE, self._ask_to_save)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._insistent and number != HANGUP:
            os._exit(128 + number)  # the second signal; checkpoints are whole at any time
        self._insistent = self._insistent or number != HANGUP
        self.signal = self.signal or number

    def _ask_to_save(self, number: int, frame: FrameType | None) -> None:
        self._save = True


@contextmanager
def harmless_saves() -> Iterator[None]:
    """Within the context, SIGUSR1 does not end the process, as the system would have it; `Stop` listens to it instead.

    Does nothing outside of the main thread.
    """
    if SAVE is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(SAVE, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(SAVE, before)


class _Interrupted(BaseException):
    """Ctrl-C. Not a KeyboardInterrupt, which libraries catch to say something of their own."""


@contextmanager
def quiet_interrupts() -> Iterator[None]:
    """Within the context, Ctrl-C ends the process with exit code 130 and without a traceback.

    What is open is closed first. In the middle of an import nothing is: an exception there can be lost, or abort the
    process in a library's C++. Where an exception is lost elsewhere, the process ends GRACE seconds later. Does nothing
    outside of the main thread.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    interrupted = left = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted or _importing(frame):
            _end_now()
        interrupted = True
        _thread.start_new_thread(end_later, ())  # a threading.Thread takes locks, which the main thread may hold
        raise _Interrupted

    def end_later() -> None:
        time.sleep(GRACE)
        if not left:
            _end_now()

    def unraisable(unraised: Any) -> None:
        if interrupted:
            _end_now()
        hook(unraised)

    before, hook = signal.signal(signal.SIGINT, interrupt), sys.unraisablehook
    sys.unraisablehook = unraisable
    try:
        yield
    except BaseException:
        if interrupted:
            _end_now()
        raise
    finally:
        left = True
        sys.unraisablehook = hook
        signal.signal(signal.SIGINT, before)


@contextmanager
def closing_on_signals() -> Iterator[None]:
    """Within the context, SIGTERM and SIGHUP end the process with what is open closed first, as Ctrl-C does: files that
    are half written are removed. The exit code is 128 plus the signal's number.

    A second one ends it at once. Under nohup, SIGHUP stays ignored. Does nothing outside of the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ended = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal ended
        if ended or _importing(frame):
            os._exit(128 + number)
        ended = True
        raise SystemExit(128 + number)

    numbers = [signal.SIGTERM, *([] if HANGUP is None else [signal.Signals(HANGUP)])]
    before = {
        number: signal.signal(number, end) for number in numbers if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _importing(frame: FrameType | None) -> bool:
    """Whether an import is under way where the main thread stands."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def catchable_interrupts() -> AbstractContextManager[None]:
    """Within the context, Ctrl-C raises KeyboardInterrupt, for a caller that goes on after it."""
    return interrupts_handled(signal.default_int_handler)


@contextmanager
def interrupts_handled(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Within the context, Ctrl-C calls the handler.

    Does nothing outside of the main thread, and where Ctrl-C is ignored.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_now() -> None:
    """End the process. Python's own end is left out: it cannot be trusted in the middle of an import."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # closed, or None
            stream.flush()
    os._exit(128 + signal.SIGINT)
