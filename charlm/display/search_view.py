"""A search for settings while it runs: a line for each candidate and, on a terminal, the live view of its training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console

from charlm.display.live import LiveView, supports_live_view
from charlm.display.printing import print_stderr
from charlm.display.units import in_bits
from charlm.studies.search import CandidateScored, CandidateStarted, CandidateTraining, SearchEvent


class SearchView:
    """Prints on stderr; `total` is the number of candidates."""

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total = console, total
        self._live: LiveView | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_live()

    def show(self, event: SearchEvent) -> None:
        match event:
            case CandidateStarted(number=number, run=run) if supports_live_view(self._console):
                self._live = LiveView(self._console, f"{run}  {number} of {self._total}").__enter__()
            case CandidateTraining(event=training) if self._live is not None:
                self._live.show(training)
            case CandidateScored(values=values, number=number, nats=nats):
                self._stop_live()
                print_stderr(f"{number}/{self._total}  {score_text(nats)}  {in_short(values)}", dim=False)
            case _:
                pass

    def _stop_live(self) -> None:
        if self._live is not None:
            self._live.__exit__(None, None, None)
            self._live = None


def score_text(nats: float | None) -> str:
    """`2.8334 bits (1.9639 nats)`; None is a training that diverged."""
    return "diverged" if nats is None else f"{in_bits(nats):.4f} bits ({nats:.4f} nats)"


def in_short(values: Mapping[str, Any]) -> str:
    """`training.learning_rate=0.014 model.hidden_size=256`, as after -s."""
    return " ".join(f"{name}={json.dumps(value)}" for name, value in values.items())
