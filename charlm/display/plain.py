"""A training in plain lines, for logs and pipes: no colour, no carriage returns, one fact a line, easy to grep.

Knows no terminal and no width. A closed pipe ends the lines, never the training.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self, TextIO

from charlm.display.printing import escape_controls, escape_unencodable
from charlm.display.status import TrainingStatus
from charlm.display.summary import LABEL, started_rows
from charlm.display.units import at_most, clock, in_bits, short
from charlm.display.view import describe_trouble
from charlm.training.events import (
    Event,
    Finished,
    RolledBack,
    Sampled,
    Saved,
    Skipped,
    Started,
    Updated,
    Validated,
)

QUIET = 10.0  # seconds without a line after which an update gets one ...
QUIET_SHARE = 0.05  # ... or this share of the time so far, if it is longer: ten hours make about a hundred lines


class PlainView:
    """Writes lines to a stream. None, which Python has for a closed stderr, discards them."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._status = TrainingStatus()
        self._line_seconds = 0.0  # training time at the last line
        self._line_tenths = 0  # tenths of the training that were done at the last line
        self._held = ""  # the line of an update, which a validation at the same step replaces

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def show(self, event: Event) -> None:
        """Write one line or none; a sample takes several."""
        self._status = self._status.after(event)
        match event:
            case Updated():
                self._release()
                if self._is_due(event):
                    rate = f"rate {event.learning_rate:.2e}  gradient {event.gradient_norm:.3g}"
                    self._held = self._line(rate)
                    self._remember()
                elif self._status.updates == 1:
                    self._remember()  # a resumed training does not repeat the lines of the tenths before it
            case Validated():
                self._held = ""
                self._write(self._score(event))
                self._remember()
            case Started():
                for name, value in started_rows(event):
                    self._write(f"{name:<{LABEL}}{value}")
            case Sampled():
                self._release()
                self._write(f"sample at step {event.step}")
                for line in event.text.split("\n"):
                    self._write(f"    {line}" if line else "")
            case Saved():
                self._release()
                self._write(f"saved step {event.step}{'  best' if event.best else ''}")
            case Skipped() | RolledBack():
                self._release()
                self._write(describe_trouble(event))
            case Finished():
                self._release()

    def _is_due(self, event: Updated) -> bool:
        waited = event.seconds - self._line_seconds
        is_late = int(event.progress * 10) > self._line_tenths or waited >= max(QUIET, QUIET_SHARE * event.seconds)
        return is_late and self._status.updates > 1

    def _release(self) -> None:
        if self._held:
            self._write(self._held)
            self._held = ""

    def _score(self, event: Validated) -> str:
        return self._line(f"valid {self._mark}{event.bits:.3f} bits  {'best' if event.best else '    '}")

    @property
    def _mark(self) -> str:
        return at_most(bool(self._status.started and self._status.started.bounded))

    def _line(self, middle: str) -> str:
        """`step 350  10.0%  train 2.104 bits  ...  41.2k chars/s  0:12`; before the first update there is less."""
        newest = self._status.updated
        if newest is None:
            return f"before the first step  {middle}"
        train = f"train {self._mark}{in_bits(newest.train_nats):.3f} bits"
        speed = f"{short(newest.characters_per_second):>6} chars/s"
        return f"step {newest.step:<7} {newest.progress:>6.1%}  {train}  {middle}  {speed}  {clock(newest.seconds)}"

    def _remember(self) -> None:
        if self._status.updated is not None:
            self._line_seconds = self._status.updated.seconds
            self._line_tenths = int(self._status.updated.progress * 10)

    def _write(self, line: str) -> None:
        if self._stream is None:
            return
        try:
            shown = escape_unencodable(escape_controls(line), self._stream.encoding or "utf-8")
            self._stream.write(f"{shown}\n")
            self._stream.flush()
        except (OSError, ValueError):  # the pipe or the stream was closed
            self._stream = None
