"""A text on the terminal, coloured by surprise, or with a line of marks below each line. Knows no model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from charlm.display.coloured_text import write_coloured, write_marked
from charlm.display.output import print_table
from charlm.display.printing import has_colour, print_stderr, until_closed, write_highlighted
from charlm.display.surprise import STEPS, SurpriseText
from charlm.display.symbol_pieces import LINE_ENDS
from charlm.text.quoting import quoted

if TYPE_CHECKING:
    from charlm.evaluation.spans import Span

BACKGROUNDS = (0, 230, 222, 215, 209, 205)  # of the steps, among a terminal's 256 colours; the first has none
MARKS = " .:+#@"  # of the steps, without colours
SHOWN = 120  # characters of a span in a table


def print_surprise(text: SurpriseText) -> None:
    """The text, and on stderr what the colours or marks mean."""
    with until_closed(sys.stdout):
        steps = text.steps.tolist()
        if has_colour(sys.stdout):
            write_coloured(zip(text.pieces, [BACKGROUNDS[step] for step in steps], strict=True))
        else:
            write_marked(zip(text.pieces, [MARKS[step] for step in steps], strict=True))
    limits = [f"{low} to {high}" for low, high in zip((0, *STEPS), STEPS, strict=False)] + [f"over {STEPS[-1]}"]
    if has_colour(sys.stderr) and has_colour(sys.stdout):
        sys.stderr.write("bits: ")
        for limit, background in zip(limits, BACKGROUNDS, strict=True):
            if background:
                write_highlighted(sys.stderr, f" {limit} ", background)
            else:
                sys.stderr.write(f"{limit} ")
        sys.stderr.write("\n")
    else:
        print_stderr("bits: " + ", ".join(f"{limit} '{mark}'" for limit, mark in zip(limits, MARKS, strict=True)))


def print_spans(text: SurpriseText, spans: Sequence[Span]) -> None:
    """The spans as a table, with the line in which each begins."""
    rows = [["line", "characters", "bits", "bits/char", "text"]]
    for span, line in zip(spans, lines_of(text, spans), strict=True):
        bits = span_bits(text, span)
        shown = "".join(text.pieces[span.start : span.stop])
        rows.append(
            [
                f"{line:,}",
                f"{span.stop - span.start:,}",
                f"{bits:,.1f}",
                f"{bits / (span.stop - span.start):.2f}",
                quoted(shown[:SHOWN]) + ("…" if len(shown) > SHOWN else ""),
            ]
        )
    print_table(rows, keys=1, least=("characters",), right=rows[0][:-1])


def span_bits(text: SurpriseText, span: Span) -> float:
    """The bits of all characters of a span."""
    return float(text.bits[span.start : span.stop][text.bits[span.start : span.stop] > 0].sum())


def lines_of(text: SurpriseText, spans: Sequence[Span]) -> list[int]:
    """The number of the line in which each span begins, counted from 1."""
    import numpy as np

    ends = np.flatnonzero([piece in LINE_ENDS for piece in text.pieces])
    return [int(np.searchsorted(ends, span.start)) + 1 for span in spans]
