"""Divides plain text into records: at empty lines, at lines of their own, or at any text. Knows no files and no ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from charlm.errors import TextError

EMPTY_LINE, FILE = "empty-line", "file"  # separators with a name
ESCAPES = {"n": "\n", "t": "\t", "\\": "\\"}


def unescaped(separator: str) -> str:
    r"""The separator with `\n`, `\t` and `\\` as the characters that they stand for, since shells pass them on."""
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[0]), separator)


def lines_of(texts: Iterable[str], longest: int | None = None, where: str = "") -> Iterator[str]:
    """The lines of a text that comes in pieces, each with its end. Raises TextError for a line above `longest`."""
    held: list[str] = []
    length = 0
    for text in texts:
        lines = text.split("\n")
        for line in lines[:-1]:
            held.append(line + "\n")
            yield "".join(held)
            held, length = [], 0
        held.append(lines[-1])
        length += len(lines[-1])
        if longest and length > longest:
            raise TextError(
                f"A line has more than {longest:,} characters", where, "Is this the right text.format for this text?"
            )
    if last := "".join(held):
        yield last


def has_own_line(texts: Iterable[str], separator: str) -> bool:
    """Whether a line of the text is the separator and nothing else, spaces around it left out."""
    return any(is_own_line(line, separator) for line in lines_of(texts))


def is_own_line(line: str, separator: str) -> bool:
    """Whether this line is the separator, spaces around it left out."""
    return separator in line and line.strip() == separator.strip()


def split_at_lines(texts: Iterable[str], ends: Callable[[str], bool]) -> Iterator[tuple[str, bool]]:
    """The records between the lines for which `ends` is true, and whether such a line followed."""
    held: list[str] = []
    for line in lines_of(texts):
        if ends(line):
            yield "".join(held).strip("\n"), True
            held = []
        else:
            held.append(line)
    yield "".join(held).strip("\n"), False


def split_at_text(texts: Iterable[str], separator: str) -> Iterator[tuple[str, bool]]:
    """The records between the occurrences of the separator, wherever they are, and whether it followed."""
    held = ""
    for text in texts:
        *records, held = (held + text).split(separator)
        for record in records:
            yield record.strip("\n"), True
    yield held.strip("\n"), False
