"""Sorts and filters summaries of runs. Reads no file."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from charlm.runs.summary import RunSummary

Key = str | float


def _or_last(value: float | None) -> float:
    """A value to sort by; what is missing comes last."""
    return math.inf if value is None else value


SORTS: dict[str, Callable[[RunSummary], Key]] = {
    "created": lambda run: run.created or "",
    "name": lambda run: run.name.lower(),
    "valid": lambda run: _or_last(run.valid_nats),
    "steps": lambda run: _or_last(run.step),
    "time": lambda run: _or_last(run.seconds),
}


def select_runs(
    runs: Sequence[RunSummary], sort: str, cell: str | None = None, text: str | None = None, name: str | None = None
) -> list[RunSummary]:
    """The runs that have a layer of the cell, and the texts in the name of their text and in their own, sorted.

    None is any. Upper and lower case are the same. `sort` is a key of SORTS.
    """
    found = [
        run
        for run in runs
        if (cell is None or cell.lower() in _cells(run))
        and (text is None or text.lower() in (run.text or "").lower())
        and (name is None or name.lower() in run.name.lower())
    ]
    return sorted(found, key=SORTS[sort])


def _cells(run: RunSummary) -> set[str]:
    if run.layers:
        return {layer.partition(" ")[0] for layer in run.layers}
    return {run.cell} if run.cell else set()
