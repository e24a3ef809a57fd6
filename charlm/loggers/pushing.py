"""Pushes the metrics of a run to a logger, each line once, beside the training or after it. Knows no logger.

The place is kept after each portion that the logger has written: a push that is killed repeats one portion at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from charlm.loggers.destination import Destination, about_run
from charlm.loggers.measured import measured
from charlm.loggers.place import Place, new_portions, pushing, read_place, write_place
from charlm.runs import Run
from charlm.runs.lock import is_training

PORTION = 500  # lines that are written at once
POLL = 1.0  # seconds between two looks at the metrics
BLINK = 0.1  # seconds between two looks at whether to stop


@dataclass(frozen=True)
class Pushed:
    """So many lines, up to this step, are at the logger now."""

    lines: int
    step: int


@dataclass(frozen=True)
class PushEnded:
    """All is pushed, or `stop` returned True."""

    stopped: bool


def push_run(
    run: Run, destination: Destination, follow: bool, stop: Callable[[], bool]
) -> Iterator[Pushed | PushEnded]:
    """Push what is new. With `follow`, go on until no process trains the run, or until `stop` returns True.

    The last event is PushEnded. Raises BusyError if another process pushes the run, and what the logger raises.
    """
    with pushing(run):
        place = read_place(run, destination.key)
        if place.identity and not destination.has(place.identity):
            place = Place()  # what was pushed was removed there
        about, begun, training = about_run(run), False, True
        clock = about.began
        try:
            while training and not stop():
                training = is_training(run)  # before the last look, which finds what was written before the end
                for lines, after in new_portions(run.metrics, place, PORTION):
                    if not begun:  # a logger is not opened for nothing
                        identity, begun = destination.begin(about, place.identity), True
                    found = [each for line in lines if (each := measured(line))]
                    times = [clock := about.began + each.seconds if each.seconds else clock for each in found]
                    destination.write(found, times)
                    place = replace(after, identity=identity)
                    write_place(run, destination.key, place)
                    yield Pushed(len(found), place.step)
                if not follow:
                    break
                _wait(training, stop)
        finally:
            if begun:
                destination.end(finished=not is_training(run))
        yield PushEnded(stop())


def _wait(training: bool, stop: Callable[[], bool]) -> None:
    """Until the next look, if there is one."""
    until = time.monotonic() + (POLL if training else 0.0)
    while time.monotonic() < until and not stop():
        time.sleep(BLINK)
