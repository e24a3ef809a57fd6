"""The metrics of a run: a line in metrics.jsonl for each event of a training. Knows no terminal.

After the first thousand steps, updates are written less and less often, about one in every step // 500, so that the
file stays small; the last one before another event always is. A spike of the loss gets a line of its own, `spiked`, at
any step.
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
    left_out: Updated | None = None  # the newest update, if it has no line yet
    for event in events:
        if isinstance(event, Updated):
            if usual is not None and event.nats > SPIKE_FACTOR * usual + SPIKE_MARGIN:
                append_metrics(
                    run.metrics, {"event": "spiked", "step": event.step, "nats": event.nats, "usual_nats": usual}
                )
            usual = event.nats if usual is None else usual + SMOOTHING * (event.nats - usual)
        if isinstance(event, Updated) and event.step > DENSE_STEPS and event.step % (event.step // THINNING):
            left_out = event
        elif row := _row(event):
            if left_out is not None and not isinstance(event, Updated):
                append_metrics(run.metrics, _row(left_out))
            left_out = None
            append_metrics(run.metrics, row)
        yield event


def _row(event: Event) -> dict[str, object]:
    """What metrics.jsonl keeps of an event; empty if nothing."""
    match event:
        case Updated() | Validated() | Skipped() | RolledBack() | Sampled():
            return {"event": type(event).__name__.lower(), **asdict(event)}
        case Saved():
            return {"event": "saved", "step": event.step, "best": event.best}
        case _:
            return {}
