"""What a conversation needs of a terminal or a pipe: lines and keys that are typed, and the choices that are shown.

Lines are edited and recalled as in a shell where Python has readline. Knows no model.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from charlm.display.printing import escape_controls, is_terminal, print_stderr, write_safely
from charlm.display.terminal_keys import key_by_key
from charlm.errors import TextError
from charlm.text.prompt import LARGEST
from charlm.text.quoting import quoted

END, ESCAPE = "\x04", "\x1b"
DELETE = ("\x7f", "\b")
NO_CHARACTER = re.compile("\x1b(\\[[0-9;]*[A-Za-z~]|O.)")  # what a terminal sends for an arrow and the like
LONGEST_KEY = 16  # bytes that it sends for one key
TAIL = 60  # characters of the text that are shown above the choices
PER_LINE = 5  # choices
DIGITS = "1234567890"  # the keys of the choices, the likeliest first


def is_typed() -> bool:
    """Whether a person types on a terminal, and sees the answers there."""
    return is_terminal(sys.stdin) and is_terminal(sys.stdout)


def read_line() -> str | None:
    """The next line without its end; None at the end of the input. Raises TextError for a line beyond any prompt."""
    if is_typed():
        with suppress(ImportError):
            import readline  # noqa: F401 - from now on input() edits lines and recalls them
        try:
            return input("> ")
        except EOFError:
            print_stderr("")
            return None
    line = sys.stdin.readline(LARGEST + 1) if sys.stdin else ""
    if len(line) > LARGEST:
        raise TextError(f"A line has more than {LARGEST:,} characters", "standard input", "Give shorter prompts.")
    return line.removesuffix("\n").removesuffix("\r") if line else None


@contextmanager
def keys() -> Iterator[Iterator[str]]:
    """The keys that are pressed on a terminal, at once; elsewhere the lines, each a character, an empty one a newline.

    A key that is no character, such as an arrow, is left out.
    """
    if not is_terminal(sys.stdin) or os.name == "nt":
        yield iter(_characters())
        return
    with key_by_key() as descriptor:
        yield _pressed(descriptor)


def _characters() -> Iterator[str]:
    while (line := read_line()) is not None:
        yield from line or "\n"


def _pressed(descriptor: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while block := os.read(descriptor, LONGEST_KEY):
        yield from NO_CHARACTER.sub("", decoder.decode(block))


def show_choices(text: str, choices: Sequence[tuple[str, float]]) -> None:
    """The end of the text so far, and below it the likeliest next symbols with their probabilities and keys."""
    end = text[-TAIL:].replace("\n", "\\n")
    print_stderr(f"...{end}" if len(text) > TAIL else end, dim=False)
    cells = [f"{key} {_named(symbol):>5} {chance:6.1%}" for key, (symbol, chance) in zip(DIGITS, choices, strict=False)]
    for start in range(0, len(cells), PER_LINE):
        print_stderr("  ".join(cells[start : start + PER_LINE]))


def _named(symbol: str) -> str:
    if symbol == " ":
        return "space"
    return escape_controls(symbol if symbol.isprintable() else quoted(symbol)[1:-1])


def print_chosen(text: str) -> None:
    """The whole text, as data."""
    write_safely(sys.stdout, f"{text}\n")
    sys.stdout.flush()
