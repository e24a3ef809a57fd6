"""`charlm sample` on a terminal or in a pipe: the text as it is written, and notes on stderr. Knows no model.

Each sample follows its prompt and ends with one newline. Samples of running text are set apart by a rule on stderr if
stdout and stderr are terminals, otherwise by an empty line.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from charlm.display.printing import is_terminal, print_stderr, write_safely

if TYPE_CHECKING:
    from charlm.sampling.writer import Fragment

BETWEEN_FLUSHES = 0.1  # seconds, if stdout is no terminal


def print_sample(prompt: str, pieces: Iterable[Fragment]) -> None:
    """Print text as it is written: on a terminal each character at once, elsewhere in larger pieces, the first soon."""
    watched = is_terminal(sys.stdout)
    flushed = -inf
    try:
        write_safely(sys.stdout, prompt, dim=True)
        for piece in pieces:
            write_safely(sys.stdout, piece.text)
            if watched or monotonic() - flushed > BETWEEN_FLUSHES:
                sys.stdout.flush()
                flushed = monotonic()
    finally:  # also after an interruption, so that the next output starts on its own line
        write_safely(sys.stdout, "\n")
        sys.stdout.flush()


def print_separator(number: int, count: int) -> None:
    """Set the sample of that number apart from the one before it."""
    if is_terminal(sys.stdout) and is_terminal(sys.stderr):
        print_stderr(f"---- {number} of {count} ----")
    else:
        write_safely(sys.stdout, "\n")
