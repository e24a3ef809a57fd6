"""The results of `charlm inspect patch`: on the terminal, as JSON, arrays and a page. Knows no run and no model.

Shape letters: V symbols, U units of all layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.display.output import print_table, print_text
from charlm.display.printing import print_stderr
from charlm.display.report_page import Bar, ReportTable, report_page
from charlm.display.symbol_pieces import symbol_name
from charlm.display.units import in_bits
from charlm.inspection.chosen_units import unit_names
from charlm.inspection.patching import Patched
from charlm.text.quoting import quoted
from charlm.text.vocabulary import Vocabulary

Ranks = tuple[np.ndarray, np.ndarray]
HEADING = ("character", "before", "patched", "in the other text")


@dataclass(frozen=True, eq=False)
class Direction:
    """A patch in one direction."""

    name: str
    found: Patched


def print_patch(
    about: Mapping[str, Any], vocabulary: Vocabulary, directions: Sequence[Direction], then: str, top: int
) -> None:
    """For each direction the characters whose probability moves most, and by how much the whole prediction moves."""
    print_stderr(f"{about['run']}, step {about['step']:,}; patched: {', '.join(about['units'])}")
    for number, each in enumerate(directions):
        print_text(("\n" if number else "") + _titles(about)[number] + "\n")
        print_table([HEADING, *_moves(vocabulary, each.found, top)], right=HEADING[1:])
        for line in summary_lines(each.found, then):
            print_stderr(line)


def summary_lines(found: Patched, then: str) -> list[str]:
    """How far the prediction went, at the place and after what follows."""
    there, back = in_bits(float(found.divergence[0])), in_bits(float(found.back[0]))
    went = "" if found.recovered is None else f"; it went {found.recovered:.0%} of the way to the other text's"
    lines = [f"the prediction moved by {there:.3f} bits (KL of before from patched; {back:.3f} the other way){went}"]
    if len(found.divergence) > 1:
        later = " ".join(f"{in_bits(float(each)):.3f}" for each in found.divergence[1:])
        lines.append(f"bits after each character of {quoted(then)}: {later}")
    return lines


def print_ranks(about: Mapping[str, Any], sizes: Sequence[int], into: np.ndarray, back: np.ndarray, top: int) -> None:
    """The units that move the prediction most, each patched by itself."""
    print_stderr(f"{about['run']}, step {about['step']:,}; each unit by itself")
    print_text(_titles(about)[0] + "\n")
    heading, *rows = _rank_rows(sizes, into, back)
    print_table([heading, *rows[:top]], right=heading)
    first = rows[0][0]
    print_stderr(f"what this unit does: the same command with --unit {first}")


def _rank_rows(sizes: Sequence[int], into: np.ndarray, back: np.ndarray) -> list[tuple[str, str, str]]:
    names = unit_names(sizes)
    order = np.argsort(-into, kind="stable").tolist()
    shown = [(names[at], f"{in_bits(float(into[at])):.4f}", f"{in_bits(float(back[at])):.4f}") for at in order]
    return [("unit", "bits", "the other way round"), *shown]


def _moves(vocabulary: Vocabulary, found: Patched, top: int) -> list[tuple[str, str, str, str]]:
    plain, patched, source = (np.exp(each) for each in (found.plain[0], found.patched[0], found.source))
    order = np.argsort(-np.abs(patched - plain), kind="stable")[:top].tolist()
    return [
        (symbol_name(vocabulary, at), f"{plain[at]:.2%}", f"{patched[at]:.2%}", f"{source[at]:.2%}") for at in order
    ]


def _titles(about: Mapping[str, Any]) -> tuple[str, str]:
    one, other = quoted_end(about["from"]), quoted_end(about["into"])
    return f"values of {one} put into {other}", f"values of {other} put into {one}"


def quoted_end(text: str) -> str:
    """The text in quotes, or its end."""
    return repr(text) if len(text) <= 40 else f"'…{repr(text[-40:])[1:]}"


def patch_json(vocabulary: Vocabulary, directions: Sequence[Direction]) -> dict[str, Any]:
    """Lists of probabilities are those of the symbols in order; others have an item for each place."""
    shown = []
    for each in directions:
        found = each.found
        shown.append(
            {
                "direction": each.name,
                "kl_nats": found.divergence.tolist(),
                "kl_nats_back": found.back.tolist(),
                "recovered": found.recovered,
                "before": np.exp(found.plain[0]).tolist(),
                "patched": np.exp(found.patched[0]).tolist(),
                "source": np.exp(found.source).tolist(),
            }
        )
    return {"symbols": list(vocabulary.symbols), "directions": shown}


def ranks_json(sizes: Sequence[int], into: np.ndarray, back: np.ndarray) -> dict[str, Any]:
    """Each unit's KL, the greatest first."""
    names = unit_names(sizes)
    order = np.argsort(-into, kind="stable").tolist()
    return {"ranks": [{"unit": names[at], "kl_nats": into[at], "kl_nats_reversed": back[at]} for at in order]}


def patch_arrays(directions: Sequence[Direction]) -> dict[str, np.ndarray]:
    """Log-probabilities of both directions."""
    arrays: dict[str, np.ndarray] = {}
    for name, each in zip(("into", "back"), directions, strict=True):
        found = each.found
        arrays |= {f"{name}_before": found.plain, f"{name}_patched": found.patched, f"{name}_source": found.source}
    return arrays


def rank_arrays(sizes: Sequence[int], into: np.ndarray, back: np.ndarray) -> dict[str, np.ndarray]:
    """The names of all units, and KL in nats."""
    return {"units": np.array(unit_names(sizes)), "into_nats": into, "back_nats": back}


def patch_page(
    about: Mapping[str, Any], vocabulary: Vocabulary, directions: Sequence[Direction], then: str, top: int
) -> str:
    """For each direction a table with bars, and the summary."""
    tables = []
    for title, each in zip(_titles(about), directions, strict=True):
        found = each.found
        shown = [np.exp(one) for one in (found.plain[0], found.patched[0], found.source)]
        order = np.argsort(-np.abs(shown[1] - shown[0]), kind="stable")[:top].tolist()
        rows: list[tuple[str | Bar, ...]] = [
            (symbol_name(vocabulary, at), *(Bar.of(float(one[at]), f"{one[at]:.1%}") for one in shown)) for at in order
        ]
        note = " ".join(line[0].upper() + line[1:] + "." for line in summary_lines(found, then))
        tables.append(ReportTable(title[0].upper() + title[1:], HEADING, rows, note))
    line = f"{about['run']}, step {about['step']:,}; patched: {', '.join(about['units'])}"
    return report_page("A patch", [line], tables=tables)


def ranks_page(about: Mapping[str, Any], sizes: Sequence[int], into: np.ndarray, back: np.ndarray) -> str:
    """All units, the one that moves the prediction most first."""
    most = max(float(into.max()), float(back.max())) or 1.0
    names = unit_names(sizes)
    rows = [
        (
            names[at],
            Bar.of(float(into[at]) / most, f"{in_bits(float(into[at])):.4f}"),
            Bar.of(float(back[at]) / most, f"{in_bits(float(back[at])):.4f}"),
        )
        for at in np.argsort(-into, kind="stable").tolist()
    ]
    title, other = _titles(about)
    lines = [f"{about['run']}, step {about['step']:,}; each unit by itself", f"{title}; the other way: {other}"]
    heading = ("unit", "bits", "the other way round")
    return report_page("Each unit, patched", lines, tables=[ReportTable("Units", heading, rows)])
