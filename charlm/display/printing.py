"""Safe printing of text that a model or a stranger wrote: it cannot control the terminal or crash the program.

On a terminal, control characters are shown as escapes; in a pipe or a file the text stays as it is. Characters that
the stream's encoding lacks, lone surrogates included, are escaped everywhere. Knows no model and no command.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from charlm.display.folding import fold
from charlm.errors import TextError

# C0 but newline and tab, DEL and C1; the line and paragraph separators; the controls that reorder text (Trojan
# Source, Boucher and Anderson 2021); surrogates, which are no characters.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

QUOTED = re.compile(r"`[^`]*`")
DIM, UNDIM = "\x1b[2m", "\x1b[22m"


def escape_controls(text: str) -> str:
    """The text with each character that could control a terminal as an escape: \\x1b, \\u202e."""
    return CONTROLS.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def escape_unencodable(text: str, encoding: str) -> str:
    """The text with each character that the encoding lacks as an escape."""
    return text.encode(encoding, "backslashreplace").decode(encoding)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether the stream is a terminal. None stands for a stream that was closed before Python started."""
    return stream is not None and stream.isatty()


def has_colour(stream: TextIO | None) -> bool:
    """Whether to style the stream: a terminal that can, unless the user refused (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_safely(stream: TextIO, text: str, *, dim: bool = False) -> None:
    """Write the text, with escapes for control characters on a terminal, as it is elsewhere. Does not flush."""
    shown = escape_unencodable(escape_controls(text) if is_terminal(stream) else text, stream.encoding or "utf-8")
    stream.write(f"{DIM}{shown}{UNDIM}" if dim and shown and has_colour(stream) else shown)


def write_highlighted(stream: TextIO, text: str, background: int) -> None:
    """The same in black on a background, by its number among the terminal's 256 colours. The text has no line end."""
    if not has_colour(stream):
        write_safely(stream, text)
        return
    stream.write(f"\x1b[38;5;16;48;5;{background}m")
    write_safely(stream, text)
    stream.write("\x1b[0m")


def print_stderr(line: str, dim: bool = True) -> None:
    """A line on stderr, dim on a terminal by default and wrapped between words. It is dropped if stderr is closed."""
    stream: TextIO | None = sys.stderr
    if stream is not None:
        with suppress(OSError):
            write_safely(stream, f"{_wrapped(line) if is_terminal(stream) else line}\n", dim=dim)


def _wrapped(text: str) -> str:
    """The text for the width of the terminal. A line that has a command stays whole, so that it can be copied."""
    width = max(20, shutil.get_terminal_size().columns)
    lines = escape_controls(text).split("\n")
    return "\n".join(line if "charlm " in QUOTED.sub("", line) else "\n".join(fold(line, width)) for line in lines)


@contextmanager
def until_closed(stream: TextIO) -> Iterator[None]:
    """Exit quietly with code 0 when the reader closes the stream, as in `charlm ... | head`.

    Raises TextError if the stream cannot be written for another reason, such as a full disk.
    """
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        _discard_buffer(stream)
        raise SystemExit(0) from None
    except OSError as error:
        _discard_buffer(stream)
        raise TextError(
            f"The output cannot be written: {error.strerror}", "standard output", "Make room, or send it elsewhere."
        ) from None


def _discard_buffer(stream: TextIO) -> None:
    """Send what is still buffered to the null device: Python flushes again at exit, and would print an error."""
    with suppress(OSError, ValueError):  # a stream without a file descriptor has nothing to discard
        descriptor = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
