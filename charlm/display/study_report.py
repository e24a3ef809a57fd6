"""The report of a study as aligned text. Knows no results file: the report of studies/report.py in, lines out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from charlm.display.folding import fold
from charlm.display.tables import fit_table
from charlm.display.units import short
from charlm.studies.choice_report import chosen_text

HEADINGS = {
    "bits": "valid bits",
    "accuracy": "right answers",
    "sequence_bits": "bits a line",
    "characters_per_second": "chars/s",
}
# Columns of numbers, and those that a narrow terminal leaves out, the least important first.
NUMBERS = ("hidden", "nats", "answer nats", "optimum", "parameters", "chars/s", "memory", "answer bits", "right")
LEAST = (*NUMBERS, "verdict")


def format_value(name: str, value: float) -> str:
    """A value by its name: characters a second in short, a share in percent, bits with four decimals."""
    if name == "characters_per_second":
        return short(value)
    return f"{value:.1%}" if name == "accuracy" else f"{value:.2f}" if name == "sequence_bits" else f"{value:.4f}"


def report_lines(report: dict[str, Any], width: int | None = None) -> list[str]:
    """The report as aligned text: a table for each combination of levels, and then its conclusions in words.

    Fits into `width` columns; None is any width.
    """
    lines = [*_folded(f"{report['study']}: {report['question']}", width), ""]
    least = (*LEAST, *_choice(report))
    for group in report["groups"]:
        levels = ", ".join(f"{factor} {level}" for factor, level in group["levels"].items())
        lines += [levels] if levels else []
        rows = [_heading(report, group), *(_row(report, group, row) for row in group["rows"])]
        lines += [*fit_table(rows, width, least=least, right=NUMBERS).lines, ""]
    return lines + [line for sentence in report["words"] for line in _folded(sentence, width)]


def _choice(report: dict[str, Any]) -> list[str]:
    """The heading of the column with the chosen values, if there is one: `learning_rate`."""
    return [report["choose"]["setting"].rpartition(".")[2]] if report["choose"] else []


def _folded(text: str, width: int | None) -> list[str]:
    return [text] if width is None else fold(text, width)


def _heading(report: dict[str, Any], group: dict[str, Any]) -> list[str]:
    compared = "ratio to" if group["measure"] == "cost" else "difference to"
    at_most = "at most, " if group["measure"] == "bound" else ""
    heading = [
        "variant",
        *_choice(report),
        f"{at_most}{HEADINGS[group['value']]} +- se",
        f"{compared} {report['baseline']} [95 %]",
        "verdict",
    ]
    return [
        *heading,
        *EXTRA[group["measure"]],
        "parameters",
        "hidden",
        *(["chars/s"] if group["measure"] != "cost" else []),
    ]


def _row(report: dict[str, Any], group: dict[str, Any], row: dict[str, Any]) -> list[str]:
    name = group["value"]
    middle, difference = row["mean"], row["difference"]
    error = "" if not middle or middle["error"] is None else f" +- {format_value(name, middle['error'])}"
    line = [row["variant"], *([chosen_text(row["chosen"], row["end"])] if report["choose"] else [])]
    line.append(f"{format_value(name, middle['mean'])}{error}" if middle else "diverged")
    if row["variant"] == report["baseline"]:
        line += ["baseline", ""]
    elif difference is None or difference["low"] is None:
        line += ["-", ""]
    else:
        mean, low, high = (_difference(name, difference[key]) for key in ("mean", "low", "high"))
        line += [f"{mean} [{low}, {high}]", "beyond noise" if row["beyond_noise"] else "within noise"]
    line += [shown(row) for shown in EXTRA[group["measure"]].values()]
    line += [f"{row['parameters']:,.0f}", f"{row['hidden_size']:.0f}"]
    if group["measure"] != "cost":
        line.append(short(row["characters_per_second"]) if "characters_per_second" in row else "-")
    return line


def _difference(name: str, value: float) -> str:
    """A ratio of speeds; otherwise with its sign."""
    if name == "characters_per_second":
        return f"{value:.2f}"
    return f"{value:+.1%}" if name == "accuracy" else f"{value:+.2f}" if name == "sequence_bits" else f"{value:+.4f}"


def _number(name: str, form: str) -> Callable[[dict[str, Any]], str]:
    return lambda row: form.format(row[name]) if name in row else "-"


# The columns that only some measures have: the heading, and what stands in a row.
EXTRA: dict[str, dict[str, Callable[[dict[str, Any]], str]]] = {
    "valid": {"nats": _number("nats", "{:.4f}")},
    "recall": {"answer bits": _number("answer_bits", "{:.3f}"), "answer nats": _number("answer_nats", "{:.3f}")},
    "answers": {
        "median": _number("median", "{:.2f}"),
        "failed": lambda row: f"{row['failed']} of {len(row['values'])}",
        "right": _number("right", "{:.1%}"),
        "optimum": _number("optimum_bits", "{:.2f}"),
    },
    "pairs": {"edits": _number("edits_per_character", "{:.4f}")},
    "bound": {"one draw": _number("draw_bits", "{:.4f}"), "KL": _number("divergence_bits", "{:.4f}")},
    "cost": {"memory": lambda row: f"{row['peak_memory'] / 2**20:.0f} MiB" if "peak_memory" in row else "-"},
}
