"""A search by a sampler while it runs: a line for each trial and, on a terminal, the live view of its training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console

from charlm.config.stored import inline_yaml
from charlm.display.live_in_turn import LiveInTurn
from charlm.display.printing import print_stderr
from charlm.display.search_view import score_text
from charlm.studies.tuning.running import TrialEnded, TrialStarted, TrialTraining, TuneEvent

if TYPE_CHECKING:
    from charlm.studies.tuning.results import TrialRow


class TuneView(LiveInTurn):
    """Prints on stderr. `best` is the best trial before this session; `wanted` is how many trials there will be.

    `bounded`: their scores are upper bounds.
    """

    def __init__(self, console: Console, best: TrialRow | None, wanted: int, bounded: bool = False) -> None:
        super().__init__(console)
        self._best, self._wanted, self._bounded = best, wanted, bounded

    def show(self, event: TuneEvent) -> None:
        match event:
            case TrialStarted(number=number, left=left):
                if left:
                    print_stderr(f"trial {number}  goes on: the process that trained it has ended", dim=False)
                self._begin_live(f"trial {number}, of {self._wanted}")
            case TrialTraining(event=training):
                self._show_live(training)
            case TrialEnded(row=row):
                self._end_live()
                self._say(row)
            case _:
                pass

    def _say(self, row: TrialRow) -> None:
        better = row.is_better_than(self._best)
        self._best = row if better else self._best
        score = row.why if row.nats is None else score_text(row.nats, self._bounded)
        mark = "  the best so far" if better else "" if row.feasible or row.nats is None else "  takes too long"
        print_stderr(f"trial {row.number}  {score}{mark}  {values_text(row.values)}", dim=False)


def values_text(values: Mapping[str, object]) -> str:
    """`learning_rate 0.0141, hidden_size 256`."""
    return ", ".join(f"{name.partition('.')[2]} {inline_yaml(value)}" for name, value in values.items())
