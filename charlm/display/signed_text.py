"""A text on the terminal, coloured by numbers with a sign, or with a line of marks below each line. Knows no model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from charlm.display.folding import cells
from charlm.display.printing import has_colour, print_stderr, until_closed, write_highlighted, write_safely

SHARES = (0.05, 0.15, 0.35, 0.7)  # of the largest number, at which the next of four steps begins
ABOVE, BELOW = (230, 223, 215, 208), (195, 153, 111, 69)  # of the steps, among a terminal's 256 colours
MARKS_ABOVE, MARKS_BELOW = ".:+#", ",;=~"  # of the steps, without colours
END_MARK = "↵"
LINE_ENDS = "\n\x1e"


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
            _write_coloured(texts, steps)
        else:
            _write_marked(texts, steps)
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


def _write_coloured(texts: Sequence[str], steps: Sequence[int]) -> None:
    for (step, end), group in groupby(zip(steps, texts, strict=True), lambda one: (one[0], one[1] in LINE_ENDS)):
        colour = ABOVE[step - 1] if step > 0 else BELOW[-step - 1] if step < 0 else None
        for run in [text for _, text in group] if end else ["".join(text for _, text in group)]:
            shown = END_MARK if end else run
            if colour is not None:
                write_highlighted(sys.stdout, shown, colour)
            elif not end:
                write_safely(sys.stdout, shown)
            if end:
                write_safely(sys.stdout, "\n")
    if texts and texts[-1] not in LINE_ENDS:
        write_safely(sys.stdout, "\n")


def _write_marked(texts: Sequence[str], steps: Sequence[int]) -> None:
    """Each line of the text, and below it the marks of its characters and of its end."""
    line, marks = "", ""
    for text, step in zip(texts, steps, strict=True):
        mark = MARKS_ABOVE[step - 1] if step > 0 else MARKS_BELOW[-step - 1] if step < 0 else " "
        if text in LINE_ENDS:
            write_safely(sys.stdout, f"{line}\n{(marks + mark).rstrip(' ')}\n")
            line, marks = "", ""
        else:
            line += text
            marks += "\t" if text == "\t" else mark * cells(text)
    if line:
        write_safely(sys.stdout, f"{line}\n{marks.rstrip(' ')}\n")
