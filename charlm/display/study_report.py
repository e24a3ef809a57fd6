"""The report of a study as aligned text. Knows no results file: the report of studies/report.py in, lines out."""

from __future__ import annotations

from typing import Any

from charlm.display.tables import align_columns
from charlm.display.units import short


def format_value(name: str, value: float) -> str:
    """A value by its name: characters a second in short, a share in percent, nats with four decimals."""
    if name == "characters_per_second":
        return short(value)
    return f"{value:.1%}" if name == "accuracy" else f"{value:.4f}"


def report_lines(report: dict[str, Any]) -> list[str]:
    """The report as aligned text: a table for each combination of levels, and then its conclusions in words."""
    lines = [f"{report['study']}: {report['question']}", ""]
    for group in report["groups"]:
        levels = ", ".join(f"{factor} {level}" for factor, level in group["levels"].items())
        lines += [levels] if levels else []
        lines += [*align_columns([_heading(report, group), *(_row(report, group, row) for row in group["rows"])]), ""]
    return [*lines, *report["words"]]


def _heading(report: dict[str, Any], group: dict[str, Any]) -> list[str]:
    compared = "ratio to" if group["measure"] == "cost" else "difference to"
    extra = {"recall": "answer nats", "cost": "memory"}.get(group["measure"])
    value = {"nats": "valid nats", "accuracy": "right answers", "characters_per_second": "chars/s"}[group["value"]]
    heading = ["variant", f"{value} +- se", f"{compared} {report['baseline']} [95 %]", ""]
    heading += [extra] if extra else []
    return [*heading, "parameters", "hidden", *(["chars/s"] if group["measure"] != "cost" else [])]


def _row(report: dict[str, Any], group: dict[str, Any], row: dict[str, Any]) -> list[str]:
    name = group["value"]
    middle, difference = row["mean"], row["difference"]
    error = "" if not middle or middle["error"] is None else f" +- {format_value(name, middle['error'])}"
    line = [row["variant"], f"{format_value(name, middle['mean'])}{error}" if middle else "diverged"]
    if row["variant"] == report["baseline"]:
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
