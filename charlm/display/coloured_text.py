"""A text on the terminal in pieces, each with a colour, or with a mark below it. Knows no model and no numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby

from charlm.display.folding import cells
from charlm.display.printing import write_highlighted, write_safely
from charlm.display.symbol_pieces import END_MARK, LINE_ENDS


def write_coloured(pieces: Iterable[tuple[str, int]]) -> None:
    """Write each piece on a background, a number of a terminal's 256 colours; 0 is none."""
    last = "\n"
    for (end, colour), group in groupby(pieces, lambda each: (each[0] in LINE_ENDS, each[1])):
        for piece in [piece for piece, _ in group] if end else ["".join(piece for piece, _ in group)]:
            if colour:
                write_highlighted(sys.stdout, END_MARK if end else piece, colour)
            elif not end:
                write_safely(sys.stdout, piece)
            if end:
                write_safely(sys.stdout, "\n")
            last = piece
    if last not in LINE_ENDS:
        write_safely(sys.stdout, "\n")


def write_marked(pieces: Iterable[tuple[str, str]]) -> None:
    """Write each line of the text, and below it the marks, a character each, of its pieces and of its end."""
    line, marks = "", ""
    for piece, mark in pieces:
        if piece in LINE_ENDS:
            write_safely(sys.stdout, f"{line}\n{(marks + mark).rstrip(' ')}\n")
            line, marks = "", ""
        else:
            line += piece
            marks += "\t" if piece == "\t" else mark * cells(piece)
    if line:
        write_safely(sys.stdout, f"{line}\n{marks.rstrip(' ')}\n")
