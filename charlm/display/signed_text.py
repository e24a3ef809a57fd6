"""A text on the terminal, coloured by numbers with a sign, or with a line of marks below each line. Knows no model."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from charlm.display.coloured_text import write_coloured, write_marked
from charlm.display.printing import has_colour, print_stderr, until_closed, write_highlighted

SHARES = (0.05, 0.15, 0.35, 0.7)  # of the largest number, at which the next of four steps begins
ABOVE, BELOW = (230, 223, 215, 208), (195, 153, 111, 69)  # of the steps, among a terminal's 256 colours
MARKS_ABOVE, MARKS_BELOW = ".:+#", ",;=~"  # of the steps, without colours


def signed_steps(values: np.ndarray) -> np.ndarray:
    """The step of each number, from -4 to 4; 0 is next to nothing beside the largest."""
    largest = np.abs(values).max(initial=0)
    if not largest:
        return np.zeros(len(values), np.int64)
    return np.asarray(np.sign(values) * np.searchsorted(SHARES, np.abs(values) / largest, side="right"), np.int64)


def print_signed(texts: Sequence[str], values: np.ndarray, above: str, below: str) -> None:
    """The text in pieces, each with its number, and on stderr what the colours or marks mean."""
    steps = signed_steps(values).tolist()
    coloured = has_colour(sys.stdout)
    with until_closed(sys.stdout):
        if coloured:
            colours = (0, *ABOVE, *reversed(BELOW))  # a step below 0 counts from the end
            write_coloured(zip(texts, [colours[step] for step in steps], strict=True))
        else:
            marks = " " + MARKS_ABOVE + MARKS_BELOW[::-1]
            write_marked(zip(texts, [marks[step] for step in steps], strict=True))
    largest = float(np.abs(values).max(initial=0))
    shown = " ".join(f"{largest * share:.2g}" for share in SHARES)
    if coloured and has_colour(sys.stderr):
        sys.stderr.write(f"from {shown} bits on: ")
        for name, colours in ((above, ABOVE), (below, BELOW)):
            for colour in colours:
                write_highlighted(sys.stderr, "  ", colour)
            sys.stderr.write(f" {name}  ")
        sys.stderr.write("\n")
    else:
        print_stderr(f"from {shown} bits on: {' '.join(MARKS_ABOVE)} {above}, {' '.join(MARKS_BELOW)} {below}")
