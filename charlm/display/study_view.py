"""A study as a person sees it: a live table while it runs, or a line a run, and the table of its report.

This file knows no training and compares nothing; it is given events and reports, and says them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from charlm.display.columns import columns
from charlm.display.printing import say
from charlm.display.talk import lasting
from charlm.display.view import clock, short
from charlm.studies.preparing import Ready
from charlm.studies.report import VALUE
from charlm.studies.running import Begun, Ended, StudyEvent, Trained
from charlm.studies.study import Study
from charlm.training.events import Updated


def _form(name: str, value: float) -> str:
    if name == "characters_per_second":
        return short(value)
    return f"{value:.1%}" if name == "accuracy" else f"{value:.4f}"


def place_of(ready: Ready) -> str:
    """`lstm, gap 20`."""
    return ", ".join([ready.trial.variant, *(f"{factor} {level}" for factor, level in ready.trial.levels)])


def _told(row: dict[str, Any]) -> str:
    name = VALUE[row["measure"]]
    return "diverged" if row.get(name) is None else _form(name, row[name])


class PlainStudy:
    """A line for each finished run."""

    def __init__(self, study: Study, ready: Sequence[Ready]) -> None:
        self._total = len(ready)
        self._done = 0
        say(f"{study.name}  {study.question}", dim=False)
        say(f"{len(ready)} runs, {len(study.seeds)} seeds each, baseline {study.baseline}", dim=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: StudyEvent) -> None:
        if not isinstance(event, Ended):
            return
        self._done += 1
        if event.is_new:
            row = event.row
            speed = row.get("characters_per_second")
            parts = [
                f"{self._done}/{self._total}", f"{place_of(event.ready)}, seed {row['seed']}",
                f"{VALUE[row['measure']]} {_told(row)}", f"{row['parameters']:,} parameters",
                f"{clock(row.get('seconds') or 0.0)}", f"{short(speed)} chars/s" if speed else "",
            ]  # fmt: skip
            say("  ".join(parts).rstrip(), dim=False)


class LiveStudy:
    """A table that fills while the study runs, a row for each variant and combination of levels."""

    def __init__(self, console: Console, study: Study, ready: Sequence[Ready]) -> None:
        self._console, self._study, self._total = console, study, len(ready)
        self._rows = list(dict.fromkeys(place_of(each) for each in ready))
        self._cells: dict[tuple[str, int], str] = {}
        self._now: tuple[Ready, Updated | None] | None = None
        self._began, self._new = time.monotonic(), 0
        self._live = Live(
            get_renderable=self._picture, console=console, refresh_per_second=4, redirect_stdout=False,
            vertical_overflow="visible",
        )  # fmt: skip

    def __enter__(self) -> Self:
        with lasting(self._console):
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._now = None
        with lasting(self._console):
            self._live.stop()

    def show(self, event: StudyEvent) -> None:
        """Store it; a thread draws a few times a second."""
        match event:
            case Begun(ready=ready):
                self._now = (ready, None)
            case Trained(ready=ready, event=Updated() as updated):
                self._now = (ready, updated)
            case Ended(ready=ready, row=row, is_new=is_new):
                self._cells[place_of(ready), ready.trial.seed] = _told(row)
                self._new += is_new
            case _:
                pass

    def _picture(self) -> Group:
        seeds, done = self._study.seeds, len(self._cells)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        table.add_column(Text("variant"))
        for seed in seeds:
            table.add_column(Text(f"seed {seed}"), justify="right")
        running = (place_of(self._now[0]), self._now[0].trial.seed) if self._now else None
        rows = self._rows[: max(1, self._console.height - 8)]
        for place in rows:
            texts = []
            for seed in seeds:
                is_running = (place, seed) == running and (place, seed) not in self._cells
                texts.append(Text(self._progress(), "cyan") if is_running else Text(self._cells.get((place, seed), "")))
            is_baseline = place.partition(",")[0] == self._study.baseline
            table.add_row(Text(place, "bold" if is_baseline else ""), *texts)
        more = [Text(f"and {len(self._rows) - len(rows)} more", "dim")] if len(rows) < len(self._rows) else []
        elapsed = time.monotonic() - self._began
        left = f", about {clock(elapsed / self._new * (self._total - done))} left" if self._new else ""
        head = Text.assemble((self._study.name, "bold"), f"  {done} of {self._total} runs, {clock(elapsed)}{left}")
        return Group(head, Text(self._study.question, "dim"), table, *more)

    def _progress(self) -> str:
        updated = self._now[1] if self._now else None
        return "..." if updated is None else f"{updated.progress:.0%} {updated.nats:.2f}"


def report_lines(told: dict[str, Any]) -> list[str]:
    """The report as aligned text: a table for each combination of levels, and then what it comes to in words."""
    lines = [f"{told['study']}: {told['question']}", ""]
    for group in told["groups"]:
        levels = ", ".join(f"{factor} {level}" for factor, level in group["levels"].items())
        lines += [levels] if levels else []
        lines += [*columns([_head(told, group), *(_line(told, group, row) for row in group["rows"])]), ""]
    return [*lines, *told["words"]]


def _head(told: dict[str, Any], group: dict[str, Any]) -> list[str]:
    compared = "ratio to" if group["measure"] == "cost" else "difference to"
    extra = {"recall": "answer nats", "cost": "memory"}.get(group["measure"])
    value = {"nats": "valid nats", "accuracy": "right answers", "characters_per_second": "chars/s"}[group["value"]]
    head = ["variant", f"{value} +- se", f"{compared} {told['baseline']} [95 %]", "", *([extra] if extra else [])]
    return [*head, "parameters", "hidden", "chars/s"] if group["measure"] != "cost" else [*head, "parameters", "hidden"]


def _line(told: dict[str, Any], group: dict[str, Any], row: dict[str, Any]) -> list[str]:
    name = group["value"]
    middle, difference = row["mean"], row["difference"]
    error = "" if not middle or middle["error"] is None else f" +- {_form(name, middle['error'])}"
    line = [row["variant"], f"{_form(name, middle['mean'])}{error}" if middle else "diverged"]
    if row["variant"] == told["baseline"]:
        line += ["baseline", ""]
    elif difference is None or difference["low"] is None:
        line += ["-", ""]
    elif group["measure"] == "cost":
        line += [f"{difference['mean']:.2f} [{difference['low']:.2f}, {difference['high']:.2f}]", _verdict(row)]
    else:
        ends = f"[{difference['low']:+.4f}, {difference['high']:+.4f}]"
        line += [f"{difference['mean']:+.4f} {ends}", _verdict(row)]
    if group["measure"] == "recall":
        line.append(f"{row['answer_nats']:.3f}" if "answer_nats" in row else "-")
    if group["measure"] == "cost":
        line.append(f"{row['peak_memory'] / 2**20:.0f} MiB" if "peak_memory" in row else "-")
    line += [f"{row['parameters']:,.0f}", f"{row['hidden_size']:.0f}"]
    if group["measure"] != "cost":
        line.append(short(row["characters_per_second"]) if "characters_per_second" in row else "-")
    return line


def _verdict(row: dict[str, Any]) -> str:
    return "beyond noise" if row["beyond_noise"] else "within noise"
