"""metrics.jsonl: every event of a training that has numbers worth keeping, as a line. Knows no terminal.

Updates are many; past the first thousand only those at round shares of the steps so far are kept, so that the file of a
week's training is still read in a moment. A spike of the loss is a line of its own, `spiked`, whatever the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from charlm.runs import Run, append_metrics
from charlm.training.events import Event, RolledBack, Sampled, Saved, Skipped, Updated, Validated

DENSE = 1000  # updates of which each is kept
THEN = 500  # after those, one of every step // THEN
USUAL = 0.02  # weight of the newest update in what is usual
SPIKE, MARGIN = 1.5, 0.5  # a loss is a spike above so many times the usual one and so many nats more


def journal(events: Iterable[Event], run: Run) -> Iterator[Event]:
    """Pass the events on, each written down before it is seen."""
    usual: float | None = None
    for event in events:
        if isinstance(event, Updated):
            if usual is not None and event.nats > SPIKE * usual + MARGIN:
                append_metrics(
                    run.metrics, {"event": "spiked", "step": event.step, "nats": event.nats, "usual_nats": usual}
                )
            usual = event.nats if usual is None else usual + USUAL * (event.nats - usual)
        match event:
            case Updated(step=step) if step > DENSE and step % (step // THEN):
                pass
            case Updated() | Validated() | Skipped() | RolledBack() | Sampled():
                append_metrics(run.metrics, {"event": type(event).__name__.lower(), **asdict(event)})
            case Saved():
                append_metrics(run.metrics, {"event": "saved", "step": event.step, "best": event.best})
            case _:
                pass
        yield event
