"""The results of `charlm inspect context`: on the terminal, as JSON, arrays, a picture and a page. Knows no model.

Shape letters: K lengths, P places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from charlm.bootstrap import Interval
from charlm.display.figures import GRID, INK, new_figure, save_png, style_axes
from charlm.display.output import print_table
from charlm.display.printing import print_stderr
from charlm.display.report_page import Chart, Curve, ReportTable, report_page
from charlm.display.units import in_bits
from charlm.inspection.context import ContextLosses

ENOUGH = 0.02  # bits per character that a context may cost more than the longest one
COLOUR = "#0072b2"


def print_context(about: Mapping[str, Any], found: ContextLosses) -> None:
    """A row for each length."""
    print_stderr(f"{about['run']}, step {about['step']:,}; read: {about['text']}")
    print_table(_rows(found), right=_heading(found))
    print_stderr(summary_line(found))


def summary_line(found: ContextLosses) -> str:
    """What context is enough."""
    enough = found.enough(ENOUGH / in_bits(1.0))
    places = f"over {len(found.places):,} places"
    if enough == found.lengths[-1]:
        return f"each doubling up to {enough:,} characters gains over {ENOUGH} bits per character ({places})"
    longest = found.lengths[-1]
    named = f"{enough:,} characters come" if enough > 1 else "one character comes"
    return f"{named} within {ENOUGH} bits per character of {longest:,} ({places})"


def _heading(found: ContextLosses) -> tuple[str, ...]:
    return "context", "bits/char", "95 % interval", f"more than with {found.lengths[-1]:,}", "95 % interval of that"


def _rows(found: ContextLosses) -> list[tuple[str, ...]]:
    rows = [_heading(found)]
    for number, length in enumerate(found.lengths):
        mean, more = in_bits(float(found.means[number])), in_bits(float(found.excess[number]))
        of_mean, of_more = found.intervals[number], found.excess_intervals[number]
        rows.append((f"{length:,}", f"{mean:.3f}", _shown(of_mean), f"{more:+.3f}", _shown(of_more, "+")))
    return rows


def _shown(interval: Interval | None, sign: str = "") -> str:
    if interval is None:
        return "too short"
    return f"{in_bits(interval.low):{sign}.3f} to {in_bits(interval.high):{sign}.3f}"


def context_json(found: ContextLosses) -> dict[str, Any]:
    """Lists have an item for each length."""
    return {
        "lengths": list(found.lengths),
        "places": len(found.places),
        "nats_per_character": found.means.tolist(),
        "intervals": [*map(_bounds, found.intervals)],
        "excess_nats": found.excess.tolist(),
        "excess_intervals": [*map(_bounds, found.excess_intervals)],
        "enough": {"bits": ENOUGH, "characters": found.enough(ENOUGH / in_bits(1.0))},
    }


def _bounds(interval: Interval | None) -> dict[str, Any] | None:
    return None if interval is None else {"low": interval.low, "high": interval.high, "blocks": interval.blocks}


def context_arrays(found: ContextLosses) -> dict[str, np.ndarray]:
    """The lengths (K,), the places (P,), and the nats (K, P)."""
    return {"lengths": np.array(found.lengths), "places": found.places, "nats": found.nats}


def _band(intervals: Sequence[Interval | None]) -> tuple[np.ndarray, np.ndarray]:
    """(K,) both ends in bits; NaN without an interval."""
    low = [np.nan if each is None else in_bits(each.low) for each in intervals]
    return np.array(low), np.array([np.nan if each is None else in_bits(each.high) for each in intervals])


def context_page(about: Mapping[str, Any], found: ContextLosses) -> str:
    """Two charts and the table."""
    x = np.array(found.lengths, np.float64)
    charts = []
    for title, y_name, values, intervals, zero in (
        ("Loss against the length of context", "bits per character", found.means, found.intervals, False),
        (
            f"What is lost beside {found.lengths[-1]:,} characters",
            "bits per character more",
            found.excess,
            found.excess_intervals,
            True,
        ),
    ):
        low, high = _band(intervals)
        curve = Curve(str(about["run"]), x, in_bits(1.0) * values, low, high)
        charts.append(Chart(title, "characters of context", y_name, [curve], log_x=True, from_zero=zero))
    heading, *rows = _rows(found)
    table = ReportTable("Lengths of context", heading, rows, texts=frozenset())
    lines = [f"{about['run']}, step {about['step']:,}; read: {about['text']}", _sentence(summary_line(found))]
    note = "Bands are 95 % intervals, from blocks of 1,000 characters that are drawn with replacement."
    return report_page("How much context it uses", lines, charts, [table], [note])


def _sentence(line: str) -> str:
    return f"{line[0].upper()}{line[1:]}."


def plot_context(name: str, found: ContextLosses, path: Path) -> None:
    """Bits per character against the length, on a logarithmic axis, with the interval as a band."""
    figure = new_figure(7, 4, path)
    axes = figure.add_subplot()
    style_axes(axes, which="both")
    low, high = _band(found.intervals)
    axes.fill_between(found.lengths, low, high, color=COLOUR, alpha=0.14, linewidth=0)
    axes.plot(found.lengths, in_bits(1.0) * found.means, color=COLOUR, linewidth=1.8, marker="o", markersize=4)
    axes.set_xscale("log", base=2)
    axes.set_xticks(found.lengths, [f"{length:,}" for length in found.lengths], fontsize=9)
    axes.minorticks_off()
    axes.set_title(f"{name}: loss against the length of context", loc="left", fontsize=10, color=INK)
    axes.set_xlabel("characters that it has read, from a fresh state", color=INK)
    axes.set_ylabel("bits per character", color=INK)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    save_png(figure, path)
