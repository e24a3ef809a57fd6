"""How `charlm train` shows a training: a live view or plain lines, a page, and the summary. Knows no kind of model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charlm.cli.runs_watching import watching
from charlm.display.output import print_json

if TYPE_CHECKING:
    from charlm.training.events import Finished
    from charlm.training.experiment import Training


@dataclass(frozen=True)
class Shown:
    """How a training is shown, beside the terminal: as JSON at its end, and as a page while it runs."""

    as_json: bool
    page: bool
    cell_files: Sequence[str] | None  # for the page, which reads the model


def train_and_show(
    training: Training[Any],
    shown: Shown,
    about: Sequence[tuple[str, str]],
    commands: Callable[[Finished], Sequence[str]],
) -> None:
    """Train, show it, and print the summary. Raises StoppedError after a signal.

    `about` are rows on the text, `commands` gives those of the next step.
    """
    from charlm.display.console import StderrConsole
    from charlm.display.live import LiveView, supports_live_view
    from charlm.display.loss_plot import plot_loss_of
    from charlm.display.plain import PlainView
    from charlm.display.summary import print_rows, print_summary, summary_json
    from charlm.errors import StoppedError
    from charlm.processes.messages import largest
    from charlm.runs import command_name
    from charlm.signals import Stop
    from charlm.training.events import Finished

    run = training.run
    console = StderrConsole()
    rows = [*about, *(("note", note) for note in training.notes)]
    title = f"{run.name}  {training.settings.model.in_short()}"
    view = LiveView(console, title) if supports_live_view(console) else PlainView(sys.stderr)
    finished = None
    with watching(run, shown.page, shown.cell_files) as page, Stop() as stop:
        print_rows(console, [*rows, *([("page", page)] if page else [])])
        with view:
            for event in training.events(stop.asked, stop.save_asked):
                view.show(event)
                if isinstance(event, Finished):
                    finished = event
    assert finished is not None
    plot_loss_of(run)
    print_summary(console, finished, run.name, run.folder, commands(finished))
    if shown.as_json:
        print_json(summary_json(finished, run.name, run.folder))
    if signal := largest(training.task.group, stop.signal):
        raise StoppedError(
            signal,
            f"Interrupted at step {finished.step:,}; everything is saved",
            str(run.folder),
            f"Go on with: charlm train --resume {command_name(run)}",
        )


def train_unseen(training: Training[Any]) -> None:
    """The same in a process that shows nothing, beside the one that does."""
    from charlm.errors import StoppedError
    from charlm.processes.messages import largest
    from charlm.signals import Stop

    with Stop() as stop:
        for _ in training.events(stop.asked, stop.save_asked):
            pass
    if signal := largest(training.task.group, stop.signal):
        raise StoppedError(signal, "Interrupted; everything is saved", training.run.name)
