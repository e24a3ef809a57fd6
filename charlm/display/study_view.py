"""A study while it runs: a live table on a terminal, elsewhere a line for each finished trial. Compares nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from charlm.display.printing import print_stderr
from charlm.display.redrawn import Redrawn
from charlm.display.study_report import format_value
from charlm.display.units import clock, in_bits, short
from charlm.studies.preparing import PreparedTrial
from charlm.studies.report import VALUE, with_bits
from charlm.studies.running import StudyEvent, TrialFinished, TrialStarted, TrialTraining
from charlm.studies.study import Study
from charlm.training.events import Updated

NOUNS = {"bits": "bits", "accuracy": "right", "characters_per_second": "chars/s"}


def trial_label(prepared: PreparedTrial) -> str:
    """`lstm, gap 20`."""
    trial = prepared.trial
    return ", ".join([trial.variant, *(f"{factor} {level}" for factor, level in trial.levels)])


def _result(row: dict[str, Any]) -> str:
    """`2.8334`, `65.6%` or `diverged`."""
    name, row = VALUE[row["measure"]], with_bits(row)
    return "diverged" if row.get(name) is None else format_value(name, row[name])


def _result_with_unit(row: dict[str, Any]) -> str:
    return f"{_result(row)} {'' if row.get('diverged') else NOUNS[VALUE[row['measure']]]}".rstrip()


class PlainStudy:
    """A line for each finished trial."""

    def __init__(self, study: Study, trials: Sequence[PreparedTrial]) -> None:
        self._total = len(trials)
        self._done = 0
        print_stderr(f"{study.name}  {study.question}", dim=False)
        print_stderr(f"{len(trials)} runs, {len(study.seeds)} seeds each, baseline {study.baseline}", dim=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: StudyEvent) -> None:
        if not isinstance(event, TrialFinished):
            return
        self._done += 1
        if event.is_new:
            row = event.row
            speed = row.get("characters_per_second")
            parts = [
                f"{self._done}/{self._total}", f"{trial_label(event.prepared)}, seed {row['seed']}",
                _result_with_unit(row), f"{row['parameters']:,} parameters",
                f"{clock(row.get('seconds') or 0.0)}", f"{short(speed)} chars/s" if speed else "",
            ]  # fmt: skip
            print_stderr("  ".join(parts).rstrip(), dim=False)


class LiveStudy(Redrawn):
    """A table that fills while the study runs: a row for each variant and combination of levels, a column a seed."""

    def __init__(self, console: Console, study: Study, trials: Sequence[PreparedTrial]) -> None:
        self._study, self._total = study, len(trials)
        self._rows = list(dict.fromkeys(trial_label(trial) for trial in trials))
        self._results: dict[tuple[str, int], str] = {}  # by row and seed
        self._running: tuple[str, int] | None = None  # row and seed
        self._updated: Updated | None = None
        self._started, self._new = time.monotonic(), 0
        super().__init__(console, self._picture)  # last: rich asks for a first picture at once

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running = None
        super().__exit__(kind, error, trace)

    def show(self, event: StudyEvent) -> None:
        """Store the event; a thread draws a few times a second."""
        match event:
            case TrialStarted(prepared=prepared):
                self._updated = None
                self._running = trial_label(prepared), prepared.trial.seed
            case TrialTraining(event=Updated() as updated):
                self._updated = updated
            case TrialFinished(prepared=prepared, row=row, is_new=is_new):
                self._results[trial_label(prepared), prepared.trial.seed] = _result(row)
                self._new += is_new
            case _:
                pass

    def _picture(self) -> Group:
        seeds, done = self._study.seeds, len(self._results)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        table.add_column(Text("variant"))
        for seed in seeds:
            table.add_column(Text(f"seed {seed}"), justify="right")
        rows = self._rows[: max(1, self._console.height - 8)]
        for label in rows:
            is_baseline = label.partition(",")[0] == self._study.baseline
            table.add_row(Text(label, "bold" if is_baseline else ""), *(self._cell(label, seed) for seed in seeds))
        more = [Text(f"and {len(self._rows) - len(rows)} more", "dim")] if len(rows) < len(self._rows) else []
        elapsed = time.monotonic() - self._started
        left = f", about {clock(elapsed / self._new * (self._total - done))} left" if self._new else ""
        head = Text.assemble((self._study.name, "bold"), f"  {done} of {self._total} runs, {clock(elapsed)}{left}")
        return Group(head, Text(self._study.question, "dim"), table, *more)

    def _cell(self, label: str, seed: int) -> Text:
        """The result of a trial, or its progress while it runs."""
        if (label, seed) != self._running or (label, seed) in self._results:
            return Text(self._results.get((label, seed), ""))
        updated = self._updated
        return Text("..." if updated is None else f"{updated.progress:.0%} {in_bits(updated.train_nats):.2f}", "cyan")
