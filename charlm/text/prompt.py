"""Reads a prompt from the command line, a file or stdin. Knows no model and no vocabulary."""

from __future__ import annotations

import sys
from pathlib import Path

from charlm.errors import TextError, UsageError

LARGEST = 2**20  # bytes; the model reads a prompt character by character, and /dev/zero is endless


def read_prompt(prompt: str | None, file: str | None) -> str:
    """The prompt as given, or the UTF-8 text of the file without its byte-order mark; empty if neither is given.

    Raises UsageError if both are given, TextError if the file cannot be read, is too long or is not UTF-8.
    """
    if file is None:
        return prompt or ""
    if prompt is not None:
        raise UsageError("There are two prompts", "--prompt and --prompt-file", "Give one of them.")
    where = "standard input" if file == "-" else file
    try:
        content = _read(file)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise TextError(f"The prompt cannot be read: {reason}", where, "Give a text file, or - for stdin.") from None
    if len(content) > LARGEST:
        raise TextError(
            f"The prompt has more than {LARGEST:,} bytes",
            where,
            "Give the end of it. To score a long text, use `charlm eval perplexity`.",
        )
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise TextError(
            f"The prompt is not UTF-8: byte 0x{content[error.start]:02x} at offset {error.start}",
            where,
            "Convert it, for example with `iconv -f LATIN1 -t UTF-8`.",
        ) from None


def _read(file: str) -> bytes:
    """The content, up to one byte more than allowed, which shows that it is too long."""
    if file == "-":
        return sys.stdin.buffer.read(LARGEST + 1)
    with Path(file).open("rb") as source:
        return source.read(LARGEST + 1)


def with_unix_newlines(text: str) -> str:
    """The text with CRLF and CR as LF, as `text.newlines: unix` reads it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
