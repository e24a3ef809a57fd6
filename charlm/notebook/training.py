"""A training that a notebook shows: a card that is updated while it trains. Elsewhere it is a plain training.

In a notebook, a training that is left before its end saves first: by an interrupt of the cell, by `break`, or by an
error in the code of the loop. Its card says how it is resumed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from typing import Any, TypeVar

from charlm.display.notebook_view import NotebookView
from charlm.errors import CharlmError
from charlm.notebook.about import library_name, run_card
from charlm.notebook.curves import recorded_curve
from charlm.notebook.interrupts import Interrupt, Interrupted
from charlm.notebook.kernel import in_notebook, replaceable
from charlm.training.events import Event
from charlm.training.experiment import Training
from charlm.training.loop import never
from charlm.training.task import Task

AnyTask = TypeVar("AnyTask", bound=Task)


class ShownTraining(Training[AnyTask]):
    """A training as the library gives it."""

    def events(self, stop: Callable[[], bool] = never, save: Callable[[], bool] = never) -> Iterator[Event]:
        """As in Training; in a notebook, shown while it runs."""
        if not in_notebook():
            yield from super().events(stop, save)
            return
        interrupt = Interrupt()
        events = super().events(lambda: interrupt.asked or stop(), save)
        train, valid = recorded_curve(self.run) if self.checkpoint else ([], [])
        about = self.settings.model.in_short()
        with NotebookView(replaceable(), self.run.name, about, self._go_on, train, valid) as view:
            try:
                while (event := _next(events, view, interrupt)) is not None:
                    yield event
            except GeneratorExit:
                if not sys.is_finalizing():  # what torch needs may be gone already
                    interrupt.asked = True
                    with suppress(CharlmError, KeyboardInterrupt):  # there is nobody left to tell
                        while _next(events, view, interrupt) is not None:
                            pass
                raise
        if interrupt.asked:
            raise Interrupted(f"{self.run.name} is saved; charlm.resume({library_name(self.run)!r}) goes on with it")

    def _repr_html_(self) -> str:
        """The run: settings, curve, scores and a sample."""
        return run_card(self.run, self.settings)._repr_html_()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows where it shows no HTML."""
        printer.text(repr(run_card(self.run, self.settings)))

    def _go_on(self, complete: bool) -> Sequence[str]:
        name = library_name(self.run)
        if complete:
            return [f"charlm.load({name!r})"]
        return [f"for event in charlm.resume({name!r}): ..."]


def _next(events: Iterator[Event], view: NotebookView, interrupt: Interrupt) -> Event | None:
    """The next event, which is shown; None at the end."""
    with interrupt.recorded():
        event = next(events, None)
        if event is not None:
            view.show(event)
    return event


def shown_training(training: Training[AnyTask]) -> ShownTraining[AnyTask]:
    """The same training, with the same lock."""
    return ShownTraining(**{field.name: getattr(training, field.name) for field in fields(training)})
