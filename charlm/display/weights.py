"""The results of `charlm inspect weights`: on the terminal, as JSON, arrays and a page. Knows no run and no model.

Shape letter: H units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.display.output import print_table, print_text
from charlm.display.printing import print_stderr
from charlm.display.report_page import Chart, Curve, ReportTable, report_page
from charlm.inspection.weights import DEAD, SATURATED, UnitUse, WeightReport

LISTED = 8  # units of a kind that are named
Row = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Weighed:
    """A model's weights, and the use of its units; no use if there is no text."""

    report: WeightReport
    use: tuple[UnitUse, ...]


def print_weights(about: Mapping[str, Any], trained: Weighed, start: Weighed | None) -> None:
    """Four tables; with `start`, columns of the values before training."""
    print_stderr(f"{about['run']}, step {about['step']:,}; units over: {about['text']}")
    shown = [each for each in _tables(trained, start) if len(each[1]) > 1]
    for number, (title, rows, texts) in enumerate(shown):
        print_text(("\n" if number else "") + title + "\n")
        print_table(rows, keys=min(2, texts), right=rows[0][texts:])


def _tables(trained: Weighed, start: Weighed | None) -> Iterator[tuple[str, list[Row], int]]:
    """A title, rows with a heading, and how many columns are texts."""
    fresh = ("before training",) if start else ()
    yield "recurrent matrices", [*_spectrum_rows(trained, start, fresh)], 2
    yield "biases of the gates, before the sigmoid or tanh", [*_bias_rows(trained, start, fresh)], 2
    title = f"units: dead, their output deviates by under {DEAD}; stuck, it is beyond {SATURATED} nearly always"
    yield title, [*_use_rows(trained, start, fresh)], 1
    yield "all weights", [*_norm_rows(trained, start, fresh)], 2


def _spectrum_rows(trained: Weighed, start: Weighed | None, fresh: Row) -> Iterator[Row]:
    yield "layer", "matrix of", "spectral radius", *fresh, "largest singular", "median", "stable rank"
    for number, each in enumerate(trained.report.spectra):
        before = (f"{start.report.spectra[number].radius:.2f}",) if start else ()
        values = each.singular_values
        shown = f"{values[0]:.2f}", f"{np.median(values):.2f}", f"{each.stable_rank:.1f} of {len(values)}"
        yield str(each.layer), each.gate, f"{each.radius:.2f}", *before, *shown


def _bias_rows(trained: Weighed, start: Weighed | None, fresh: Row) -> Iterator[Row]:
    yield "layer", "gate", "lower quartile", "median", "upper quartile", *fresh
    for number, each in enumerate(trained.report.biases):
        low, median, high = np.quantile(each.values, [0.25, 0.5, 0.75])
        before = (f"{np.median(start.report.biases[number].values):+.2f}",) if start else ()
        yield str(each.layer), each.gate, f"{low:+.2f}", f"{median:+.2f}", f"{high:+.2f}", *before


def _use_rows(trained: Weighed, start: Weighed | None, fresh: Row) -> Iterator[Row]:
    yield "layer", "units", "median deviation", *fresh, "dead", "stuck", "which"
    for number, each in enumerate(trained.use):
        before = (f"{np.median(start.use[number].deviations):.2f}",) if start else ()
        unused = sorted([*each.dead.tolist(), *each.saturated.tolist()])
        named = " ".join(f"{each.layer}:{unit}" for unit in unused[:LISTED]) or "none"
        more = f" and {len(unused) - LISTED} more" if len(unused) > LISTED else ""
        counts = str(len(each.dead)), str(len(each.saturated)), named + more
        yield str(each.layer), str(len(each.deviations)), f"{np.median(each.deviations):.2f}", *before, *counts


def _norm_rows(trained: Weighed, start: Weighed | None, fresh: Row) -> Iterator[Row]:
    yield "name", "shape", "norm", *fresh, "root mean square", "largest"
    for number, each in enumerate(trained.report.norms):
        before = (f"{start.report.norms[number].norm:.2f}",) if start else ()
        shape = " x ".join(map(str, each.shape))
        yield each.name, shape, f"{each.norm:.2f}", *before, f"{each.rms:.3f}", f"{each.largest:.2f}"


def weights_json(trained: Weighed, start: Weighed | None) -> dict[str, Any]:
    """What `trained` is, and `fresh` is before training, or None."""
    return {"trained": _json(trained), "fresh": _json(start) if start else None}


def _json(one: Weighed) -> dict[str, Any]:
    return {
        "norms": [
            {"name": each.name, "shape": each.shape, "norm": each.norm, "rms": each.rms, "largest": each.largest}
            for each in one.report.norms
        ],
        "spectra": [
            {
                "layer": each.layer,
                "gate": each.gate,
                "radius": each.radius,
                "stable_rank": each.stable_rank,
                "singular_values": each.singular_values.tolist(),
            }
            for each in one.report.spectra
        ],
        "biases": [
            {"layer": each.layer, "gate": each.gate, "values": each.values.tolist()} for each in one.report.biases
        ],
        "units": [
            {
                "layer": each.layer,
                "deviations": each.deviations.tolist(),
                "saturation": each.saturation.tolist(),
                "dead": each.dead.tolist(),
                "saturated": each.saturated.tolist(),
            }
            for each in one.use
        ],
    }


def weights_arrays(trained: Weighed, start: Weighed | None) -> dict[str, np.ndarray]:
    """Singular values, biases, deviations and saturation, by layer and gate; those before training begin with fresh."""
    arrays: dict[str, np.ndarray] = {}
    for prefix, one in (("", trained), ("fresh_", start)):
        if one:
            for spectrum in one.report.spectra:
                arrays[f"{prefix}singular_values_{_key(spectrum.layer, spectrum.gate)}"] = spectrum.singular_values
            for bias in one.report.biases:
                arrays[f"{prefix}bias_{_key(bias.layer, bias.gate)}"] = bias.values
            for use in one.use:
                arrays[f"{prefix}deviations_layer{use.layer}"] = use.deviations
                arrays[f"{prefix}saturation_layer{use.layer}"] = use.saturation
    return arrays


def _key(layer: int, gate: str) -> str:
    return f"layer{layer}_{gate.replace(' ', '_')}"


def weights_page(about: Mapping[str, Any], trained: Weighed, start: Weighed | None) -> str:
    """Charts of the singular values, of the biases and of the units' deviations, each sorted, and the tables."""
    charts = [
        Chart(
            f"Singular values of the recurrent matrices, layer {layer}",
            "number, the largest first",
            "singular value",
            [*_spectrum_curves(trained, start, layer)],
            from_zero=True,
        )
        for layer in dict.fromkeys(each.layer for each in trained.report.spectra)
    ]
    if trained.use:
        curves = [*_use_curves(trained, ""), *(_use_curves(start, ", before training") if start else ())]
        charts.append(Chart("How much units move", "unit, the most moved first", "standard deviation", curves))
    tables = [
        ReportTable(title[0].upper() + title[1:], rows[0], rows[1:], texts=frozenset(range(texts)))
        for title, rows, texts in _tables(trained, start)
        if len(rows) > 1
    ]
    line = f"{about['run']}, step {about['step']:,}; units over: {about['text']}"
    return report_page("The weights", [line], charts, tables)


def _spectrum_curves(trained: Weighed, start: Weighed | None, layer: int) -> Iterator[Curve]:
    first = next(number for number, each in enumerate(trained.report.spectra) if each.layer == layer)
    for number, each in enumerate(trained.report.spectra):
        if each.layer == layer:
            colour = number - first
            x = np.arange(1, len(each.singular_values) + 1, dtype=np.float64)
            yield Curve(each.gate, x, each.singular_values, colour=colour)
            if start:
                values = start.report.spectra[number].singular_values
                yield Curve(f"{each.gate}, before training", x, values, dashed=True, colour=colour)


def _use_curves(one: Weighed, suffix: str) -> Sequence[Curve]:
    return [
        Curve(
            f"layer {each.layer}{suffix}",
            np.arange(1, len(each.deviations) + 1, dtype=np.float64),
            np.sort(each.deviations)[::-1],
            dashed=bool(suffix),
            colour=each.layer - 1,
        )
        for each in one.use
    ]
