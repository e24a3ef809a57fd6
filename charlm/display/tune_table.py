"""What a search has found, as a table: a column for each of the best trials, a row for each setting. Reads no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from charlm.config.stored import inline_yaml
from charlm.display.units import at_most, in_bits

if TYPE_CHECKING:
    from charlm.studies.tuning.results import TrialRow
    from charlm.studies.tuning.space import Space

SHOWN = 4  # of the best trials
FAILURES = 5  # that are named
PRESET, MATTERS = "preset", "matters"


def best_rows(rows: Sequence[TrialRow]) -> list[TrialRow]:
    """Those with a score that break no limit, the best first."""
    scored = [row for row in rows if row.nats is not None and row.feasible]
    return sorted(scored, key=lambda row: (row.nats, row.number))


def table_rows(rows: Sequence[TrialRow], importances: Mapping[str, float], bounded: bool = False) -> list[list[str]]:
    """A heading, the scores and sizes of the best trials and of the preset, and the settings that were searched.

    What matters most is the first; a setting's share is how much it decided whether a trial was among the best.
    `bounded`: the scores are upper bounds.
    """
    mark = at_most(bounded)
    best = best_rows(rows)[:SHOWN]
    first = [row for row in rows if row.number == 0 and row.nats is not None]  # had the preset's own values
    columns = [*best, *first]
    names = sorted(best[0].values, key=lambda name: -importances.get(name, 0.0)) if best else []
    table = [
        [
            "",
            *(f"trial {row.number}" for row in best),
            *([PRESET] if first else []),
            *([MATTERS] if importances else []),
        ],
        ["bits", *(f"{mark}{in_bits(row.nats or 0.0):.4f}" for row in columns)],
        ["nats", *(f"{mark}{row.nats:.4f}" for row in columns)],
        ["parameters", *("-" if row.parameters is None else f"{row.parameters:,}" for row in columns)],
        ["updates", *("-" if row.steps is None else f"{row.steps:,}" for row in columns)],
        *([name, *(inline_yaml(row.values.get(name)) for row in columns)] for name in names),
    ]
    if importances:
        shares = ["", "", "", "", *(f"{importances.get(name, 0.0):.0%}" for name in names)]
        table = [table[0], *([*line, share] for line, share in zip(table[1:], shares, strict=True))]
    return table


def end_lines(space: Space, best: TrialRow) -> list[str]:
    """A line if the best has values at an end of their ranges."""
    ends = [(name, value, space.settings[name].end(value)) for name, value in best.values.items()]
    named = ", ".join(f"{name.partition('.')[2]} {inline_yaml(value)} ({end})" for name, value, end in ends if end)
    return [f"at an end of its range, so that a value beyond may be better: {named}"] if named else []


def failure_lines(rows: Sequence[TrialRow]) -> list[str]:
    """A line for each trial without a score, with its reason, as far as they are few."""
    failed = [row for row in rows if row.nats is None]
    lines = [f"trial {row.number} failed: {row.why}" for row in failed[:FAILURES]]
    return [*lines, f"{len(failed) - FAILURES} more failed"] if len(failed) > FAILURES else lines


def to_json(row: TrialRow) -> dict[str, Any]:
    """A trial for --json."""
    return {
        "trial": row.number,
        "bits": None if row.nats is None else in_bits(row.nats),
        "nats": row.nats,
        "why": row.why or None,
        "feasible": row.feasible,
        "parameters": row.parameters,
        "seconds": row.seconds,
        "steps": row.steps,
        "settings": row.values,
    }
