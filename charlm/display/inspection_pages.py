"""The results of `charlm inspect gates` and `gradients` as arrays and as pages. Knows no runs and no models.

Shape letters: N positions, K distances, G gates of all layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from charlm.display.inspection_tables import gradient_rows
from charlm.display.report_page import Bar, Chart, Curve, ReportTable, report_page
from charlm.inspection.gates import HIGH, LOW, GateShares
from charlm.inspection.gradients import VANISHED, GradientNorms

Abouts = Sequence[Mapping[str, Any]]


def gradient_arrays(trained: Sequence[GradientNorms], fresh: Sequence[GradientNorms | None]) -> dict[str, np.ndarray]:
    """The norms (N, K) of each run, counted from 1; those before training begin with fresh."""
    arrays = {f"norms_{number}": each.norms for number, each in enumerate(trained, 1)}
    return arrays | {f"fresh_norms_{number}": each.norms for number, each in enumerate(fresh, 1) if each}


def gate_arrays(
    trained: Sequence[Sequence[GateShares]], fresh: Sequence[Sequence[GateShares]]
) -> dict[str, np.ndarray]:
    """Of each run, counted from 1: the names of its gates (G,), and their shares (G, 3): low, between and high."""
    arrays: dict[str, np.ndarray] = {}
    for prefix, runs in (("", trained), ("fresh_", fresh)):
        for number, gates in enumerate(runs, 1):
            if gates:
                arrays[f"{prefix}gates_{number}"] = np.array([f"{each.layer}:{each.gate}" for each in gates])
                shares = [(each.low, each.between, each.high) for each in gates]
                arrays[f"{prefix}shares_{number}"] = np.array(shares)
    return arrays


def _lines(abouts: Abouts) -> list[str]:
    return [f"{each['run']}, step {each['step']:,} ({each['model']}); read: {each['text']}" for each in abouts]


def gradients_page(
    abouts: Abouts, trained: Sequence[GradientNorms], fresh: Sequence[GradientNorms | None], distance: int
) -> str:
    """A chart with a curve and a band for each network, and the table."""
    curves = []
    for number, (about, after, start) in enumerate(zip(abouts, trained, fresh, strict=True)):
        lower, median, upper = (np.where(row < VANISHED, np.nan, row) for row in after.quartiles)
        x = np.arange(median.size, dtype=np.float64)
        curves.append(Curve(str(about["run"]), x, median, lower, upper, colour=number))
        if start:
            before = np.where(start.median < VANISHED, np.nan, start.median)
            curves.append(Curve(f"{about['run']}, before training", x, before, dashed=True, colour=number))
    chart = Chart(
        "How far gradients reach back: median over positions, and their middle half",
        "characters back",
        "gradient of the loss, nats",
        curves,
        log_y=True,
    )
    names = [str(about["run"]) for about in abouts]
    heading, *rows = gradient_rows(names, trained, fresh, distance)
    table = ReportTable("Median norms by distance", heading, rows, texts=frozenset({0, len(heading) - 1}))
    return report_page("How far gradients reach", _lines(abouts), [chart], [table])


def gates_page(abouts: Abouts, trained: Sequence[Sequence[GateShares]], fresh: Sequence[Sequence[GateShares]]) -> str:
    """A table with a bar for each gate: nearly closed, between, nearly open."""
    rows: list[tuple[str | Bar, ...]] = []
    for about, gates, starts in zip(abouts, trained, fresh, strict=True):
        for number, gate in enumerate(gates):
            both = [(str(about["run"]), gate), *([(f"{about['run']}, fresh", starts[number])] if starts else [])]
            for name, each in both:
                parts = [(each.low, "b1"), (each.between, "b2"), (each.high, "b3")]
                shares = [f"{share:.1%}" for share in (each.low, each.between, each.high)]
                rows.append((name, str(each.layer), each.gate, Bar(parts, ""), *shares))
    heading = ("run", "layer", "gate", "", f"under {LOW}", "between", f"over {HIGH}")
    note = (
        f"Blue: the share of a gate's values, over time and units, that are under {LOW} (nearly closed). Orange: over "
        f"{HIGH} (nearly open). A gate that is mostly at its ends is a switch; one between them is a filter."
    )
    none = [f"{about['run']} has no gates." for about, gates in zip(abouts, trained, strict=True) if not gates]
    tables = [ReportTable("Gates", heading, rows, note, texts=frozenset({0, 1, 2, 3}))] if rows else []
    return report_page("How open the gates are", [*_lines(abouts), *none], tables=tables)
