"""The keys that are pressed on a terminal, arrows included, by name. Knows no command."""

from __future__ import annotations

import codecs
import os
import re
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 64  # bytes that are read together
WAIT = 0.05  # seconds until an escape that nothing follows is the key itself
SEQUENCE = re.compile("\x1b(?:\\[[0-9;]*[A-Za-z~]|O.)|.", re.DOTALL)
NAMES = {
    "\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left", "\x1bOA": "up", "\x1bOB": "down",
    "\x1bOC": "right", "\x1bOD": "left", "\x1b[H": "home", "\x1b[F": "end", "\x1b[5~": "page up",
    "\x1b[6~": "page down", "\x1b[Z": "back tab", "\t": "tab", "\r": "enter", "\n": "enter", "\x7f": "delete",
    "\b": "delete", "\x1b": "escape", "\x04": "q", "\x03": "q",
}  # fmt: skip


def names_of(typed: str) -> Iterator[str]:
    """The names of the keys that sent this; a character is its own name. Other keys are left out."""
    for part in SEQUENCE.findall(typed):
        if part in NAMES:
            yield NAMES[part]
        elif part.isprintable():
            yield part


@contextmanager
def named_keys() -> Iterator[Iterator[str]]:
    """The keys as they are pressed; the end of the input is `q`. The terminal is one that `termios` can set."""
    with key_by_key() as descriptor:
        yield _pressed(descriptor)


@contextmanager
def key_by_key() -> Iterator[int]:
    """The descriptor of standard input, from which each key comes at once and is not shown."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _pressed(descriptor: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while block := os.read(descriptor, LONGEST):
        if block.endswith(b"\x1b") and select.select([descriptor], [], [], WAIT)[0]:
            block += os.read(descriptor, LONGEST)
        yield from names_of(decoder.decode(block))
    yield "q"
