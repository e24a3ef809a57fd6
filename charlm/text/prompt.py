"""Where a prompt comes from: the command line, a file, or stdin. Knows no model: what the characters mean to one is
for its vocabulary to say.
"""

from __future__ import annotations

import sys
from pathlib import Path

from charlm.errors import TextError, UsageError

LARGEST = 2**20  # bytes; a prompt is read a character at a time, and /dev/zero has no end


def read_prompt(prompt: str | None, file: str | None) -> str:
    """The prompt as it was given, in a file as UTF-8 without its byte order mark; empty where there is none.

    Raises UsageError where both are given, TextError where the file cannot be read, is too long or is not UTF-8.
    """
    if file is None:
        return prompt or ""
    if prompt is not None:
        raise UsageError("There are two prompts", "--prompt and --prompt-file", "Give one of them.")
    where = "standard input" if file == "-" else file
    try:
        content = _read(file)
    except (OSError, ValueError) as error:  # ValueError: a path that no system allows
        reason = getattr(error, "strerror", None) or str(error)
        raise TextError(f"The prompt cannot be read: {reason}", where, "Give a text file, or - for stdin.") from None
    if len(content) > LARGEST:
        raise TextError(
            f"The prompt has more than {LARGEST:,} bytes",
            where,
            "Give its end; to measure how well a model knows a long text, use `charlm eval perplexity`.",
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
    """One byte more than a prompt may have tells a long one from a longest one."""
    if file == "-":
        return sys.stdin.buffer.read(LARGEST + 1)
    with Path(file).open("rb") as source:
        return source.read(LARGEST + 1)


def with_unix_newlines(text: str) -> str:
    """CRLF and CR as LF, as texts are read for training unless `text.newlines` says otherwise."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
