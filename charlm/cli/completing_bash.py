"""The tab key in bash, which takes `model.cell=gru` for three words: they are joined, and the offers cut to the last.

bash ends words at the characters of COMP_WORDBREAKS, and replaces only the part after the last of them by an offer. It
does not say where there were blanks in the line, so `a = b` is taken for `a=b` too. Knows no command.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout

REQUEST, WORDS, CURRENT = "_CHARLM_COMPLETE", "COMP_WORDS", "COMP_CWORD"  # what the shell function sets
BREAKS = re.compile("[=:]+")


def is_bash_asking() -> bool:
    """Whether this process was started by bash at a press of the tab key."""
    return os.environ.get(REQUEST) == "complete_bash" and {WORDS, CURRENT} <= os.environ.keys()


def answer_bash(complete: Callable[[], None]) -> None:
    """Call `complete`, which prints the offers for the line and ends the process, with the words as they were typed."""
    separator = "\n" if "\n" in os.environ[WORDS] else " "
    words = os.environ[WORDS].split(separator)
    number = int(os.environ[CURRENT])
    joined = [*_joined(words[: number + 1])]
    os.environ[WORDS], os.environ[CURRENT] = separator.join(joined), str(len(joined) - 1)
    there = _before_last_break(joined[-1]) if len(joined) < number + 1 else ""
    held = io.StringIO()
    try:
        with redirect_stdout(held):
            complete()
    finally:
        sys.stdout.write("".join(offer.removeprefix(there) for offer in held.getvalue().splitlines(keepends=True)))


def _joined(words: Sequence[str]) -> Iterator[str]:
    """The words, those around `=` and `:` as one. A word before the cursor that is not begun yet is empty."""
    held: str | None = None
    after_break = False
    for word in words:
        is_break = bool(BREAKS.fullmatch(word))
        if held is not None and (is_break or after_break):
            held += word
        else:
            if held is not None:
                yield held
            held = word
        after_break = is_break
    yield held or ""


def _before_last_break(word: str) -> str:
    """The part of a word that bash leaves as it is."""
    last = [*BREAKS.finditer(word)]
    return word[: last[-1].end()] if last else ""
