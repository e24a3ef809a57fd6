"""The results of `charlm bench` as tables of at most 100 columns (a narrow terminal: in parts). Knows only rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from charlm.display.output import print_json, print_table, print_text
from charlm.display.printing import print_stderr

Row = Mapping[str, Any]
Columns = Mapping[str, tuple[str, Callable[[Any], str]]]  # by key of a row: its heading and its format


def _rate(value: int) -> str:
    return f"{value:,}" if value < 1_000_000 else f"{value / 1e6:,.2f}M"


WORKLOAD: Columns = {
    "situation": ("beside", "{}".format),
    "cell": ("cell", "{}".format),
    "size": ("size", "{}".format),
    "streams": ("streams", "{:,}".format),
    "processes": ("processes", "{:,}".format),
    "sum": ("sum", "{}".format),
    "rule": ("rule", "{}".format),
    "setting": ("setting", lambda setting: ", ".join(map(str, setting.values()))),
}
COLUMNS: Columns = {
    "best": ("best/s", _rate),
    "median": ("median/s", _rate),
    "cores": ("cores", "{:.2f}".format),
    "kept": ("kept", "{:.0%}".format),
    "fair": ("fair", "{:.0%}".format),
    "of_fair": ("of fair", "{:.0%}".format),
    "plain_median": ("plain/s", _rate),
    "ratio": ("ratio", "{:.2f}".format),
    "update_milliseconds": ("update ms", "{:,.2f}".format),
    "exchange_milliseconds": ("exchange ms", "{:,.2f}".format),
    "exchange_share": ("of update", "{:.1%}".format),
    "loop_median": ("loop/s", _rate),
    "loop_ratio": ("ratio", "{:.2f}".format),
    "microseconds": ("µs", "{:,.1f}".format),
    "more": ("more", "{:+,.1f}".format),
    "of_plain": ("of plain", "{:.1%}".format),
    "of_plain_quartiles": ("quartiles", lambda two: "-".join(f"{100 * each:.0f}" for each in two)),
    "limit": ("limit/s", _rate),
    "share": ("share", "{:.0%}".format),
    "gflops": ("GFLOP/s", "{:,.0f}".format),
    "bits": ("bits", "{:.6f}".format),
    "plain_bits": ("plain", "{:.6f}".format),
    "engine": ("engine", "{}".format),
    "note": ("note", "{}".format),
}
TIMES: Columns = {"milliseconds": ("ms", "{:,.2f}".format), "watched": ("watched", "{:,.2f}".format)}


def print_bench(about: Mapping[str, object], rows: Sequence[Row], as_json: bool = False) -> None:
    """The conditions of the measurement on stderr, and the results on stdout; or both as one JSON object."""
    if as_json:
        print_json({**about, "results": rows})
        return
    print_stderr(", ".join(f"{key} {value}" for key, value in about.items()), dim=False)
    print_results(rows)


def print_results(rows: Sequence[Row]) -> None:
    """One line a row; below, if it was measured, where the time goes."""
    _table(rows, {**WORKLOAD, **COLUMNS})
    timed = [_in_shares(row) for row in rows if "parts" in row]
    if timed:
        parts = {part: (part, "{:.1%}".format) for part in timed[0]["parts"]}
        print_text("\n")
        _table([{**row, **row["parts"]} for row in timed], {**WORKLOAD, **TIMES, **parts})


def _in_shares(row: Row) -> dict[str, Any]:
    """The row with the sum of its parts as `watched`, and the parts as shares of that sum."""
    watched = sum(row["parts"].values())
    return {**row, "watched": watched, "parts": {part: each / watched for part, each in row["parts"].items()}}


def _table(rows: Sequence[Row], columns: Columns) -> None:
    """Print headings and a line a row, leaving out the columns that all rows lack. Numbers are aligned at the right."""
    used = [name for name in columns if any(row.get(name) is not None for row in rows)]
    lines = [[columns[name][0] for name in used]]
    for row in rows:
        lines.append(["-" if row.get(name) is None else columns[name][1](row[name]) for name in used])
    keys = sum(name in WORKLOAD for name in used)
    print_table(lines, keys, right=lines[0][1:], gap=1)
