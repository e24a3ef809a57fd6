"""A training told in plain lines, for logs and pipes: no colour, no carriage returns, one fact a line, easy to grep.

This file knows no terminal and no width. A reader that goes away ends the lines, never the training.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self, TextIO

from charlm.display.card import LABEL, started_rows
from charlm.display.printing import expressible, visible
from charlm.display.view import Seen, clock, in_bits, short, trouble
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

QUIET = 10.0  # seconds without a line before an update gets one ...
PATIENCE = 0.05  # ... or this share of the time so far: a training of ten hours makes some hundred lines


class PlainView:
    """Writes lines to a stream; to nowhere if that is None, as Python's stderr is when it was closed beforehand."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._seen = Seen()
        self._told = 0.0  # seconds of the last line
        self._tenths = 0  # of the training, as of the last line
        self._held = ""  # the line of an update, in case a validation at the same step says it better

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def show(self, event: Event) -> None:
        """One line or none; a sample has as many as it has."""
        self._seen = self._seen.after(event)
        match event:
            case Updated():
                self._release()
                if self._is_due(event):
                    rate = f"rate {event.learning_rate:.2e}  gradient {event.gradient_norm:.3g}"
                    self._held = self._line(rate)
                    self._remember()
                elif self._seen.updates == 1:
                    self._remember()  # a resumed training does not tell again what was told before
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
                self._write(trouble(event))
            case Finished():
                self._release()

    def _is_due(self, event: Updated) -> bool:
        waited = event.seconds - self._told
        is_late = int(event.progress * 10) > self._tenths or waited >= max(QUIET, PATIENCE * event.seconds)
        return is_late and self._seen.updates > 1

    def _release(self) -> None:
        if self._held:
            self._write(self._held)
            self._held = ""

    def _score(self, event: Validated) -> str:
        return self._line(f"valid {event.bits:.3f} bits  {'best' if event.best else '    '}")

    def _line(self, middle: str) -> str:
        """`step 350  10.0%  train 2.104 bits  ...  41.2k chars/s  0:12`; without an update before it, the middle."""
        newest = self._seen.updated
        if newest is None:
            return middle
        train = f"train {in_bits(self._seen.train_nats):.3f} bits"
        speed = f"{short(newest.characters_per_second):>6} chars/s"
        return f"step {newest.step:<7} {newest.progress:>6.1%}  {train}  {middle}  {speed}  {clock(newest.seconds)}"

    def _remember(self) -> None:
        if self._seen.updated is not None:
            self._told = self._seen.updated.seconds
            self._tenths = int(self._seen.updated.progress * 10)

    def _write(self, line: str) -> None:
        if self._stream is None:
            return
        try:
            shown = expressible(visible(line), self._stream.encoding or "utf-8")
            self._stream.write(f"{shown}\n")
            self._stream.flush()
        except (OSError, ValueError):  # the reader left, or the stream was closed
            self._stream = None
