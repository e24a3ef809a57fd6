"""metrics.jsonl: every event of a training that has numbers worth keeping, as a line. Knows no terminal.

Updates are many; past the first thousand only those at round shares of the steps so far are kept, so that the file of a
week's training is still read in a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from charlm.runs import Run, append
from charlm.training.events import Event, RolledBack, Sampled, Saved, Skipped, Updated, Validated

DENSE = 1000  # updates of which each is kept
THEN = 500  # after those, one of every step // THEN


def journal(events: Iterable[Event], run: Run) -> Iterator[Event]:
    """Pass the events on, each written down before it is seen."""
    for event in events:
        match event:
            case Updated(step=step) if step > DENSE and step % (step // THEN):
                pass
            case Updated() | Validated() | Skipped() | RolledBack() | Sampled():
                append(run.metrics, {"event": type(event).__name__.lower(), **asdict(event)})
            case Saved():
                append(run.metrics, {"event": "saved", "step": event.step, "best": event.best})
            case _:
                pass
        yield event
