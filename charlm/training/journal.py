"""The metrics of a run: a line in metrics.jsonl for each event of a training. Knows no terminal.

After the first thousand steps, updates are written less and less often, about one in every step // 500, so that the
file stays small. A spike of the loss gets a line of its own, `spiked`, at any step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from charlm.runs import Run, append_metrics
from charlm.training.events import Event, RolledBack, Sampled, Saved, Skipped, Updated, Validated

DENSE_STEPS = 1000  # steps up to which every update is written
THINNING = 500  # later, one of every step // THINNING is written
SMOOTHING = 0.02  # weight of the newest update in the running mean of the loss
SPIKE_FACTOR, SPIKE_MARGIN = 1.5, 0.5  # a loss above mean * factor + margin (nats) is a spike


def write_metrics(events: Iterable[Event], run: Run) -> Iterator[Event]:
    """Yield the same events, each after it was written to the run's metrics.jsonl."""
    usual: float | None = None
    for event in events:
        if isinstance(event, Updated):
            if usual is not None and event.nats > SPIKE_FACTOR * usual + SPIKE_MARGIN:
                append_metrics(
                    run.metrics, {"event": "spiked", "step": event.step, "nats": event.nats, "usual_nats": usual}
                )
            usual = event.nats if usual is None else usual + SMOOTHING * (event.nats - usual)
        match event:
            case Updated(step=step) if step > DENSE_STEPS and step % (step // THINNING):
                pass
            case Updated() | Validated() | Skipped() | RolledBack() | Sampled():
                append_metrics(run.metrics, {"event": type(event).__name__.lower(), **asdict(event)})
            case Saved():
                append_metrics(run.metrics, {"event": "saved", "step": event.step, "best": event.best})
            case _:
                pass
        yield event
