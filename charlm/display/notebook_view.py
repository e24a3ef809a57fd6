"""A training in a notebook: one card, updated in place about twice a second. Knows no kernel and no training loop.

There is no thread: the card is drawn when an event is shown and the last drawing is long enough ago, and at the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from charlm.display.curve import visible_span
from charlm.display.curve_svg import Points
from charlm.display.notebook_card import Card
from charlm.display.status import TrainingStatus
from charlm.display.units import at_most, clock, counted, in_bits, short
from charlm.display.view import describe_trouble
from charlm.training.events import Event, Updated, Validated

INTERVAL = 0.5  # seconds between two drawings, at least ...
COST = 0.05  # ... and this share of the time that a drawing takes: a slow connection does not slow the training
MOST = 1024  # points of a line that are kept

Put = Callable[[Card], None]


class Line:
    """The points of a line, (characters, bits): some hundred that lie evenly among all, and the newest."""

    def __init__(self, points: Points = ()) -> None:
        self._kept: list[tuple[float, float]] = []
        self._every = 1
        self._count = 0
        self._newest: tuple[float, float] | None = None
        for point in points:
            self.add(*point)

    def add(self, characters: float, bits: float) -> None:
        self._newest = (characters, bits)
        if self._count % self._every == 0:
            self._kept.append(self._newest)
        self._count += 1
        if len(self._kept) > MOST:
            del self._kept[1::2]
            self._every *= 2

    def points(self) -> list[tuple[float, float]]:
        is_last = not self._kept or self._kept[-1] == self._newest
        return [*self._kept, *([] if is_last or self._newest is None else [self._newest])]


class NotebookView:
    """Gives cards to `put`, which shows the first and replaces it by the others.

    `train` and `valid` are the curve of earlier sessions of the run; `code` gives lines to go on with, after the
    training has ended (True) or was left (False).
    """

    def __init__(
        self,
        put: Put,
        title: str,
        about: str,
        code: Callable[[bool], Sequence[str]],
        train: Points = (),
        valid: Points = (),
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._put, self._title, self._about, self._code, self._now = put, title, about, code, now
        self._train, self._valid = Line(train), Line(valid)
        self._status = TrainingStatus()
        self._next = 0.0  # when the card is drawn again

    def __enter__(self) -> Self:
        self._put(self._card())  # takes longer than the others, which need no imports any more
        self._next = self._now() + INTERVAL
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The last card, which stays in the notebook."""
        finished = self._status.finished
        complete = finished is not None and finished.reason != "signal"
        note = "" if complete else self._left()
        self._put(replace(self._card(), progress=None, note=note, code=self._code(complete)))

    def show(self, event: Event) -> None:
        """Store the event, and draw if it is time to."""
        self._status = self._status.after(event)
        if isinstance(event, Updated):
            self._train.add(event.characters, in_bits(event.train_nats))
        elif isinstance(event, Validated):
            self._valid.add(self._characters, event.bits)
        if self._now() >= self._next:
            self._draw(self._card())

    def _draw(self, card: Card) -> None:
        began = self._now()
        self._put(card)
        ended = self._now()
        self._next = ended + max(INTERVAL, (ended - began) / COST)

    @property
    def _characters(self) -> int:
        return self._status.updated.characters if self._status.updated else 0

    def _card(self) -> Card:
        status = self._status
        progress = status.updated.progress if status.updated else 0.0
        total = self._characters / progress if progress else None
        trouble = [] if status.trouble is None else [("trouble", describe_trouble(status.trouble))]
        return Card(
            self._title,
            self._device(),
            [*self._scores(), *self._times(), *trouble],
            train=self._train.points(),
            valid=self._valid.points(),
            end=None if total is None or status.finished else total * visible_span(progress),
            sample=None if status.sampled is None else status.sampled.text,
            sample_title="" if status.sampled is None else f"a sample at step {status.sampled.step:,}",
            progress=min(1.0, progress),
        )

    def _device(self) -> str:
        started = self._status.started
        return ", ".join([self._about, *([f"{started.device} {started.precision}"] if started else [])])

    def _scores(self) -> list[tuple[str, str]]:
        """Bits per character; of a model with latent variables they are upper bounds."""
        status = self._status
        mark = at_most(bool(status.started and status.started.bounded))
        unit = "bits per character"
        train = [("train", f"{mark}{in_bits(status.updated.train_nats):.3f} {unit}")] if status.updated else []
        best = [("best", f"{mark}{status.best.bits:.3f} at step {status.best.step:,}")] if status.best else []
        valid = [("valid", f"{mark}{status.validated.bits:.3f} {unit}")] if status.validated else []
        return [*train, *valid, *best]

    def _times(self) -> list[tuple[str, str]]:
        newest, finished = self._status.updated, self._status.finished
        if newest is None:
            return []
        left = self._status.seconds_left()
        rest = "" if left is None or finished else f", {clock(left)} left"
        step = f"{newest.step:,}, {counted(round(newest.epoch, 2), 'epoch')}"
        read = f"{short(newest.characters)} characters, {short(newest.characters_per_second)} a second"
        return [
            ("step", step),
            ("read", read),
            ("time", f"{clock(finished.seconds if finished else newest.seconds)}{rest}"),
        ]

    def _left(self) -> str:
        """Where a training is that did not come to its end."""
        newest, saved = self._status.updated, self._status.saved
        at = f"Left at step {newest.step:,}" if newest else "Left before the first step"
        if saved is None:
            return f"{at}; nothing was saved since. Go on with:" if newest else f"{at}. Go on with:"
        kept = "everything is saved" if newest is None or saved.step == newest.step else f"saved is step {saved.step:,}"
        return f"{at}; {kept}. Go on with:"
