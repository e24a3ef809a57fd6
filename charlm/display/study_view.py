"""A study while it runs: a live table on a terminal, elsewhere a line for each training. Compares nothing."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from charlm.display.console import StderrConsole
from charlm.display.live import supports_live_view
from charlm.display.printing import print_stderr
from charlm.display.redrawn import Redrawn
from charlm.display.study_report import format_value
from charlm.display.units import at_most, clock, in_bits, short
from charlm.studies.choice_report import chosen_text, value_text
from charlm.studies.choosing import Candidate, CandidateScored, CandidateStarted, CandidateTraining, ValueChosen
from charlm.studies.dispatching import DispatchEvent, JobGivenUp, JobSeen, JobStarted
from charlm.studies.ledger import Job
from charlm.studies.report import VALUE, with_bits
from charlm.studies.running import PreparedStudy, StudyEvent, TrialFinished, TrialStarted, TrialTraining
from charlm.studies.study import Place
from charlm.studies.working import JobFailed, WorkersAwaited, WorkEvent
from charlm.training.events import Updated

NOUNS = {"bits": "bits", "accuracy": "right", "sequence_bits": "bits a line", "characters_per_second": "chars/s"}
CHOICE = "choice"  # what the table calls the column of the chosen setting internally; seeds are numbers


def place_label(place: Place) -> str:
    """`lstm, gap 20`."""
    variant, levels = place
    return ", ".join([variant, *(f"{factor} {level}" for factor, level in levels)])


def job_label(job: Job) -> str:
    """`lstm, gap 20, seed 1`; of a candidate `lstm, gap 20, 0.01`."""
    if isinstance(job, Candidate):
        return f"{place_label(job.place)}, {value_text(job.value)}"
    return f"{place_label(job.trial.place)}, seed {job.trial.seed}"


def _result(row: dict[str, Any]) -> str:
    """`2.8334`, `<= 2.8334` of a bound, `65.6%` or `diverged`."""
    name, row = VALUE[row["measure"]], with_bits(row)
    mark = at_most(row["measure"] == "bound")
    return "diverged" if row.get(name) is None else f"{mark}{format_value(name, row[name])}"


def _result_with_unit(row: dict[str, Any]) -> str:
    return f"{_result(row)} {'' if row.get('diverged') else NOUNS[VALUE[row['measure']]]}".rstrip()


def view_of(study: PreparedStudy) -> LiveStudy | PlainStudy:
    """A view on stderr: a live table on a terminal, lines elsewhere."""
    console = StderrConsole()
    return LiveStudy(console, study) if supports_live_view(console) else PlainStudy(study)


class PlainStudy:
    """A line for each scored candidate, each choice and each finished trial.

    If several processes train the study, also for what begins, what others train, and what fails.
    """

    def __init__(self, prepared: PreparedStudy) -> None:
        study, self._choose = prepared.study, prepared.study.choose
        self._total, self._candidates = len(prepared.any_trials), len(prepared.candidates)
        self._done = self._scored = 0
        self._running: set[str] = set()
        print_stderr(f"{study.name}  {study.question}", dim=False)
        print_stderr(f"{self._total} runs, {len(study.seeds)} seeds each, baseline {study.baseline}", dim=False)
        if self._choose:
            about = f"{self._choose.setting} is chosen for each row, within the training split"
            print_stderr(f"before them {self._candidates} candidates: {about}", dim=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: StudyEvent | WorkEvent | DispatchEvent) -> None:
        match event:
            case CandidateScored(candidate=candidate, nats=nats, is_new=is_new):
                self._scored += 1
                if is_new:
                    mark = at_most(candidate.bounded)
                    score = "diverged" if nats is None else f"{mark}{format_value('bits', in_bits(nats))} bits"
                    self._print(
                        f"candidate {self._scored}/{self._candidates}",
                        self._with_value(candidate.place, value_text(candidate.value)),
                        score,
                    )
            case ValueChosen(place=place, value=value, is_new=True) if self._choose:
                self._print("chosen", self._with_value(place, chosen_text(value, self._choose.end(value))))
            case TrialFinished(prepared=prepared, row=row, is_new=is_new):
                self._done += 1
                if is_new:
                    speed = row.get("characters_per_second")
                    self._print(
                        f"{self._done}/{self._total}", f"{place_label(prepared.trial.place)}, seed {row['seed']}",
                        _result_with_unit(row), f"{row['parameters']:,} parameters",
                        f"{clock(row.get('seconds') or 0.0)}", f"{short(speed)} chars/s" if speed else "",
                    )  # fmt: skip
            case JobStarted(job=job, attempt=attempt, queued=queued):
                again = "again, since it was stopped" if attempt > 1 else ""
                self._print("queued" if queued else "running", job_label(job), again)
                (self._running.discard if queued else self._running.add)(job.name)
            case JobSeen(job=job, who=who) if job.name not in self._running:
                self._running.add(job.name)
                self._print("running", job_label(job), f"by {who}")
            case WorkersAwaited(jobs=jobs):
                self._print("waiting", *(f"{name}, held by {who}" for name, who in jobs))
            case JobFailed(job=job, error=error):
                self._print("failed", job_label(job), error.what)
            case JobGivenUp(job=job, why=why):
                self._print("failed", job_label(job), why.splitlines()[0])
            case _:
                pass

    def _with_value(self, place: Place, value: str) -> str:
        """`lstm, gap 20, learning_rate 0.01`."""
        assert self._choose is not None
        return f"{place_label(place)}, {self._choose.short_name} {value}"

    def _print(self, *parts: str) -> None:
        print_stderr("  ".join(parts).rstrip(), dim=False)


class LiveStudy(Redrawn):
    """A table that fills while the study runs: a row for each variant and combination of levels, a column a seed.

    If a setting is chosen, it has a column before those of the seeds.
    """

    def __init__(self, console: Console, prepared: PreparedStudy) -> None:
        self._study, self._total = prepared.study, len(prepared.any_trials)
        self._rows = list(dict.fromkeys(place_label(each.trial.place) for each in prepared.any_trials))
        self._candidates, self._scored = len(prepared.candidates), 0
        self._results: dict[tuple[str, int | str], str] = {}  # by row, and seed or CHOICE
        self._running: dict[tuple[str, int | str], str] = {}  # how far each is
        self._failed: set[tuple[str, int | str]] = set()
        self._started, self._new = time.monotonic(), 0
        super().__init__(console, self._picture)  # last: rich asks for a first picture at once

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running = {}
        super().__exit__(kind, error, trace)

    def show(self, event: StudyEvent | WorkEvent | DispatchEvent) -> None:
        """Store the event; a thread draws a few times a second."""
        match event:
            case CandidateStarted(candidate=job) | TrialStarted(prepared=job) | JobStarted(job=job, queued=False):
                self._tell(job, None, None)
            case CandidateTraining(candidate=job, event=Updated() as updated):
                self._tell(job, updated.progress, updated.train_nats)
            case TrialTraining(prepared=job, event=Updated() as updated):
                self._tell(job, updated.progress, updated.train_nats)
            case JobSeen(job=job, progress=progress, nats=nats):
                self._tell(job, progress, nats)
            case JobFailed(job=job) | JobGivenUp(job=job):
                self._running.pop(_cell_of(job), None)
                self._failed.add(_cell_of(job))
            case CandidateScored(candidate=candidate, is_new=is_new):
                self._running.pop(_cell_of(candidate), None)
                self._scored += 1
                self._new += is_new
            case ValueChosen(place=place, value=value) if self._study.choose:
                self._results[place_label(place), CHOICE] = chosen_text(value, self._study.choose.end(value))
            case TrialFinished(prepared=prepared, row=row, is_new=is_new):
                self._running.pop(_cell_of(prepared), None)
                self._results[_cell_of(prepared)] = _result(row)
                self._new += is_new
            case _:
                pass

    def _tell(self, job: Job, progress: float | None, nats: float | None) -> None:
        """Note how far a job is: `25% 2.89`, or with the value of a candidate `0.01: 25% 2.89`."""
        about = "" if _cell_of(job)[1] != CHOICE else f"{value_text(job.value)}: "  # type: ignore[union-attr]
        score = "" if nats is None else f"{at_most(job.bounded)}{in_bits(nats):.2f}"
        far = "..." if progress is None or nats is None else f"{progress:.0%} {score}"
        self._running[_cell_of(job)] = f"{about}{far}"

    def _picture(self) -> Group:
        columns: list[int | str] = [*([CHOICE] if self._study.choose else []), *self._study.seeds]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        table.add_column(Text("variant"))
        if self._study.choose:
            table.add_column(Text(self._study.choose.short_name))
        for seed in self._study.seeds:
            table.add_column(Text(f"seed {seed}"), justify="right")
        rows = self._rows[: max(1, self._console.height - 8)]
        for label in rows:
            is_baseline = label.partition(",")[0] == self._study.baseline
            table.add_row(Text(label, "bold" if is_baseline else ""), *(self._cell(label, each) for each in columns))
        more = [Text(f"and {len(self._rows) - len(rows)} more", "dim")] if len(rows) < len(self._rows) else []
        return Group(self._head(), Text(self._study.question, "dim"), table, *more)

    def _head(self) -> Text:
        finished = sum(column != CHOICE for _, column in self._results)
        done, total = finished + self._scored, self._total + self._candidates
        elapsed = time.monotonic() - self._started
        left = f", about {clock(elapsed / self._new * (total - done))} left" if self._new else ""
        standing = [f"{len(self._running)} running"] if len(self._running) > 1 else []
        standing += [f"{len(self._failed)} failed"] if self._failed else []
        also = "".join(f", {each}" for each in standing)
        tried = f"{self._scored} of {self._candidates} candidates, " if self._scored < self._candidates else ""
        return Text.assemble(
            (self._study.name, "bold"), f"  {tried}{finished} of {self._total} runs{also}, {clock(elapsed)}{left}"
        )

    def _cell(self, label: str, column: int | str) -> Text:
        """A result or a choice, or the progress of what runs."""
        if (label, column) in self._results:
            return Text(self._results[label, column])
        if (label, column) in self._running:
            return Text(self._running[label, column], "cyan")
        return Text("failed" if (label, column) in self._failed else "", "red")


def _cell_of(job: Job) -> tuple[str, int | str]:
    """The row and the column of a job in the table."""
    if isinstance(job, Candidate):
        return place_label(job.place), CHOICE
    return place_label(job.trial.place), job.trial.seed
