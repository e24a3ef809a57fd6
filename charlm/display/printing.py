"""Printing text that a model or a stranger wrote, so that it can never drive the terminal nor stop the program.

This file knows no model and no command: text and a stream come in, characters go out. On a terminal, characters that
steer it show as visible escapes; in a pipe or a file the text stays as it is. What the stream's encoding cannot
express, lone surrogates included, is escaped rather than raised.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from charlm.errors import TextError

# C0 but newline and tab, DEL and C1; the line and paragraph separators; the controls that reorder text (Trojan
# Source, Boucher and Anderson 2021); surrogates, which are no characters at all.
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

DIM, UNDIM = "\x1b[2m", "\x1b[22m"


def visible(text: str) -> str:
    """The text with every character that could steer a terminal as an escape: \\x1b, \\u202e."""
    return STEERING.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def expressible(text: str, encoding: str) -> str:
    """The text with every character that the encoding lacks as an escape."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads the stream as it is written. None is what Python has for one that was closed."""
    return stream is not None and stream.isatty()


def has_colour(stream: TextIO | None) -> bool:
    """Whether the stream may be styled: a terminal that can, and nobody asked otherwise (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def put(stream: TextIO, text: str, *, dim: bool = False) -> None:
    """Write the text as the stream can bear it: escaped on a terminal, raw elsewhere. Does not flush."""
    shown = expressible(visible(text) if is_terminal(stream) else text, stream.encoding or "utf-8")
    stream.write(f"{DIM}{shown}{UNDIM}" if dim and shown and has_colour(stream) else shown)


def say(line: str, dim: bool = True) -> None:
    """A line on stderr, dim on a terminal unless told; where nobody listens any more, it is lost and nothing stops."""
    stream: TextIO | None = sys.stderr
    if stream is not None:
        with suppress(OSError):
            put(stream, f"{line}\n", dim=dim)


@contextmanager
def until_closed(stream: TextIO) -> Iterator[None]:
    """End the program quietly, exit code 0, when the reader of the stream has seen enough: `charlm ... | head`.

    Raises TextError where the stream cannot be written for another reason, such as a full disk.
    """
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        _abandon(stream)
        raise SystemExit(0) from None
    except OSError as error:
        _abandon(stream)
        raise TextError(
            f"The output cannot be written: {error.strerror}", "standard output", "Make room, or send it elsewhere."
        ) from None


def _abandon(stream: TextIO) -> None:
    """Let what is still buffered go nowhere: Python flushes once more at exit, and would complain."""
    with suppress(OSError, ValueError):  # a stream without a file behind it has nobody to lose
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
