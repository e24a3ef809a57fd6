"""One training of a study or a search, of a model of any kind, begun or resumed and carried to its end.

Knows no trial and no candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from charlm.config.settings import Settings
from charlm.errors import DivergedError
from charlm.runs import Run
from charlm.studies.held import Held
from charlm.text.corpus import Corpus, open_corpus
from charlm.training.events import Event, Finished, Updated
from charlm.training.experiment import begin_or_resume, with_decisions
from charlm.training.loop import never
from charlm.training.task import Task
from charlm.training.task_kinds import opened, read_as

Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Ended:
    """How a training ended: `finished`, or None with the reason why it `diverged`."""

    run: Run
    finished: Finished | None
    diverged: str = ""

    @property
    def interrupted(self) -> bool:
        return self.finished is not None and self.finished.reason == "signal"


def open_text(settings: Settings) -> Corpus:
    """The text of the settings, as a training of their kind of model takes it."""
    return open_corpus(read_as(settings))


def _task(settings: Settings, corpus: Corpus) -> Task:
    settings = with_decisions(settings, corpus)
    return opened(settings, corpus).task(settings)


def train_run(
    settings: Settings,
    corpus: Corpus,
    run: Path,
    wrap: Callable[[Event], Shown],
    stop: Callable[[], bool],
    save: Callable[[], bool] = never,
    held: Held | None = None,
) -> Generator[Shown, None, Ended]:
    """Train the run in the folder `run`, which is resumed if it exists. Yields each event as `wrap` makes it.

    `stop` and `save` are called once a step: True saves and ends the training, or saves and goes on. `held` is the
    claim on it in a folder that others see: it is told how far the training is. Raises BusyError if the claim is lost.
    """
    finished = None
    with begin_or_resume(_task(settings, corpus), corpus, run.parent, run.name) as training:
        try:
            for event in training.events(held.guarded(stop) if held else stop, save):
                if held and isinstance(event, Updated):
                    held.tell(event.progress, event.train_nats)
                finished = event if isinstance(event, Finished) else finished
                yield wrap(event)
        except DivergedError as error:
            return Ended(training.run, None, error.what)
    return Ended(training.run, finished)
