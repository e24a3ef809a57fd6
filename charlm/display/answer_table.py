"""The scores of answers by their length, as a table. Knows no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from charlm.display.output import print_table
from charlm.display.printing import print_stderr
from charlm.display.units import counted

if TYPE_CHECKING:
    from charlm.evaluation.answers import LengthScore


def print_answers(rows: Sequence[LengthScore], every: LengthScore, ends: bool) -> None:
    """A row for each length or range of lengths, and one for all."""
    known = every.optimum is not None
    heading = ["answer", "lines", "bits a sequence", "bits a character", *(["optimum"] if known else []), "right"]
    table = [heading]
    for row in [*rows, *([every] if len(rows) > 1 else [])]:
        label = "all" if row is every else f"{row.low}" if row.low == row.high else f"{row.low}-{row.high}"
        optimum = [] if row.optimum is None else [f"{row.optimum:.2f}"]
        share = f"{row.right:.1%}"
        table.append([label, f"{row.records:,}", f"{row.bits:.2f}", f"{row.bits_per_symbol:.4f}", *optimum, share])
    print_table(table, keys=1, right=heading)
    counts = "the end of a line counts, too" if ends else "the end of a line does not count"
    print_stderr(f"{counted(every.records, 'line')}, {every.bits:.4f} bits a sequence; {counts}")
