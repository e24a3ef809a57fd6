"""A search for settings while it runs: a line for each candidate and, on a terminal, the live view of its training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from charlm.display.live_in_turn import LiveInTurn
from charlm.display.printing import print_stderr
from charlm.display.units import at_most, in_bits
from charlm.studies.search import CandidateScored, CandidateStarted, CandidateTraining, SearchEvent


class SearchView(LiveInTurn):
    """Prints on stderr; `total` is the number of candidates."""

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console)
        self._total = total

    def show(self, event: SearchEvent) -> None:
        match event:
            case CandidateStarted(number=number, run=run):
                self._begin_live(f"{run}  {number} of {self._total}")
            case CandidateTraining(event=training):
                self._show_live(training)
            case CandidateScored(values=values, number=number, nats=nats, bounded=bounded):
                self._end_live()
                print_stderr(f"{number}/{self._total}  {score_text(nats, bounded)}  {in_short(values)}", dim=False)
            case _:
                pass


def score_text(nats: float | None, bounded: bool = False) -> str:
    """`2.8334 bits (1.9639 nats)`, marked if it is an upper bound; None is a training that diverged."""
    return "diverged" if nats is None else f"{at_most(bounded)}{in_bits(nats):.4f} bits ({nats:.4f} nats)"


def in_short(values: Mapping[str, Any]) -> str:
    """`training.learning_rate=0.014 model.hidden_size=256`, as after -s."""
    return " ".join(f"{name}={json.dumps(value)}" for name, value in values.items())
