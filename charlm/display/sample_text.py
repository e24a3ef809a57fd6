"""`charlm sample` on a terminal or in a pipe: the text as it is written, and notes on stderr. Knows no model.

Each sample follows its prompt and ends with one newline. Samples that may have several lines are set apart by a rule on
stderr if stdout and stderr are terminals, otherwise by a line: an empty one, or the separator of the records.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from charlm.display.printing import is_terminal, print_stderr, write_safely

if TYPE_CHECKING:
    from charlm.config.settings import TextSettings
    from charlm.sampling.writer import Fragment
    from charlm.text.vocabulary import Vocabulary

BETWEEN_FLUSHES = 0.1  # seconds, if stdout is no terminal


class KnownRecords(Protocol):
    """Says of a record whether it stands in the training text; None if nobody knows."""

    def is_known(self, record: str, /) -> bool | None: ...


def print_samples(
    prompt: str,
    begun: str,
    samples: Iterable[Iterable[Fragment]],
    count: int,
    between: str | None,
    known: KnownRecords | None,
) -> int:
    """Print the samples, `between` them a line if it is not None; gives how many there were.

    Of records (`known`), `begun` is the part of the prompt that belongs to each. Those that stand in the training text
    are marked on a terminal, and counted on stderr.
    """
    number = marked = 0

    def remark(text: str) -> str:
        return "  (in the training text)" if known and known.is_known(begun + text) else ""

    for pieces in samples:
        number += 1
        if number > 1 and between is not None:
            print_separator(number, count, between)
        text = print_sample(prompt, pieces, remark)
        marked += bool(known and known.is_known(begun + text))
    if marked:
        print_stderr(f"{marked:,} of {number:,} stand{'s' * (number == 1)} in the training text")
    return number


def print_sample(prompt: str, pieces: Iterable[Fragment], remark: Callable[[str], str] | None = None) -> str:
    """Print text as it is written: on a terminal each character at once, elsewhere in larger pieces, the first soon.

    Gives the text after the prompt. On a terminal, `remark` gives what is printed after it, dim.
    """
    watched = is_terminal(sys.stdout)
    flushed = -inf
    written: list[str] = []
    try:
        write_safely(sys.stdout, prompt, dim=True)
        for piece in pieces:
            written.append(piece.text)
            write_safely(sys.stdout, piece.text)
            if watched or monotonic() - flushed > BETWEEN_FLUSHES:
                sys.stdout.flush()
                flushed = monotonic()
        if watched and remark:
            write_safely(sys.stdout, remark("".join(written)), dim=True)
    finally:  # also after an interruption, so that the next output starts on its own line
        write_safely(sys.stdout, "\n")
        sys.stdout.flush()
    return "".join(written)


def record_separator(settings: TextSettings, vocabulary: Vocabulary) -> str | None:
    """The line that sets records apart in a pipe; None if each is one line, or has its end within its line."""
    from charlm.text.records.forms import LINE_END, record_end
    from charlm.text.records.separating import EMPTY_LINE, FILE, unescaped

    if record_end(settings) == LINE_END or vocabulary.newline is None:
        return None
    if settings.separator == EMPTY_LINE:
        return ""
    return "%" if settings.separator in ("line", FILE) else unescaped(settings.separator).strip("\n")


def print_separator(number: int, count: int, line: str = "") -> None:
    """Set the sample of that number apart from the one before it; elsewhere than on a terminal by the line."""
    if is_terminal(sys.stdout) and is_terminal(sys.stderr):
        print_stderr(f"---- {number} of {count} ----")
    else:
        write_safely(sys.stdout, f"{line}\n")
