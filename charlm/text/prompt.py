"""Reads a prompt from the command line, a file or stdin. Knows no model."""

from __future__ import annotations

import os
import re
import select
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from charlm.errors import TextError, UsageError
from charlm.text.normalizing import lacks_marks, normalized, with_unix_newlines

if TYPE_CHECKING:
    from charlm.config.settings import TextSettings
    from charlm.text.vocabulary import Vocabulary

LARGEST = 2**20  # bytes; the model reads a prompt character by character, and /dev/zero is endless

LONGEST_WAIT = 1.0  # seconds in which something must come through a pipe that was not named as the prompt
ESCAPES = re.compile(r"\\[nrt]")


def read_prompt(prompt: str | None, file: str | None) -> str:
    """The prompt as given, or the UTF-8 text of the file without its byte-order mark; empty if neither is given.

    Raises UsageError if both are given, TextError if the file cannot be read, is too long or is not UTF-8.
    """
    if file is None:
        return prompt or ""
    if prompt is not None:
        raise UsageError("There are two prompts", "--prompt and --prompt-file", "Give one of them.")
    try:
        content = _read(file)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "Give a text file, or - for stdin."
        raise TextError(f"The prompt cannot be read: {reason}", _place(file), remedy) from None
    return _decoded(content, _place(file)).removeprefix("\ufeff")


def piped_prompt(wait: float = LONGEST_WAIT) -> str | None:
    """The text that was piped or redirected into stdin, without one line end at its end, which `echo` adds.

    Empty if stdin is a terminal, a device such as /dev/null, closed or empty. None if it is a pipe through which
    nothing came for `wait` seconds: it may stay open for ever. Raises TextError if the text is too long or not UTF-8.
    """
    try:
        descriptor = sys.stdin.fileno()
        mode = os.fstat(descriptor).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)):
            return ""
        if not select.select([descriptor], [], [], wait)[0]:
            return None
        content = _read("-")
    except (OSError, ValueError, AttributeError):  # closed, no file, or none that can be waited for
        return ""
    return re.sub(r"\r?\n\Z", "", _decoded(content, _place("-")).removeprefix("\ufeff"))


def typed_escape(text: str, knows_backslash: bool) -> str:
    """What to type in a shell for a text in which `\\n` was probably meant as a line end; empty for other texts."""
    if not ESCAPES.search(text) or (knows_backslash and ESCAPES.sub("", text)):
        return ""
    return "$'" + text.replace("'", "\\'") + "'"


def _place(file: str) -> str:
    return "standard input" if file == "-" else file


def _decoded(content: bytes, where: str) -> str:
    if len(content) > LARGEST:
        raise TextError(
            f"The prompt has more than {LARGEST:,} bytes",
            where,
            "Give the end of it. To score a long text, use `charlm eval perplexity`.",
        )
    try:
        return content.decode("utf-8")
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


def as_trained(text: str, text_settings: TextSettings, vocabulary: Vocabulary) -> str:
    """The text as the model's own text was read: its line ends, and the forms that it was normalized into.

    Letters with separate accents are composed if the vocabulary lacks the accents. A text that a model of bytes reads
    is not normalized.
    """
    if text_settings.newlines == "unix":
        text = with_unix_newlines(text)
    if vocabulary.unit == "byte":
        return text
    text = normalized(text, text_settings.normalize)
    unknown = vocabulary.lacking(text)
    if not lacks_marks(unknown):
        return text
    composed = normalized(text, ("nfc",))  # which also decomposes some letters of Indic scripts
    return composed if len(vocabulary.lacking(composed)) < len(unknown) else text
