"""Divides plain text into records: at empty lines, at lines of their own, or at any text. Knows no files and no ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from charlm.errors import TextError
from charlm.text.records.pieces import Pieces, Record, in_parts

EMPTY_LINE, FILE = "empty-line", "file"  # separators with a name
PART = 1 << 17  # characters of a text that are split together
ESCAPES = {"n": "\n", "t": "\t", "\\": "\\"}


def unescaped(separator: str) -> str:
    r"""The separator with `\n`, `\t` and `\\` as the characters that they stand for, since shells pass them on."""
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[0]), separator)


def lines_of(texts: Iterable[str], longest: int | None = None, where: str = "") -> Iterator[str]:
    """The lines of a text that comes in pieces, each with its end. Raises TextError for a line above `longest`."""
    for lines, end in batches_of_lines(texts, longest, where):
        lines.reverse()
        while lines:  # none is kept here while another is worked on
            yield lines.pop() + end


def batches_of_lines(
    texts: Iterable[str], longest: int | None = None, where: str = ""
) -> Iterator[tuple[list[str], str]]:
    """The same lines, many together, without their ends; and that end, which the last line of a text may lack.

    Only the first line of a batch is longer than PART. Whoever takes a batch may empty it.
    """
    held: list[str] = []
    length = 0
    for text in _parts_of(texts):
        lines = text.split("\n")
        last = lines.pop()
        if lines:
            held.append(lines[0])
            lines[0] = _taken(held)
            length = 0
            yield lines, "\n"
        if last:
            held.append(last)
            length += len(last)
        if longest and length > longest:
            raise TextError(
                f"A line has more than {longest:,} characters", where, "Is this the right text.format for this text?"
            )
    if held:
        yield [_taken(held)], ""


def _parts_of(texts: Iterable[str]) -> Iterator[str]:
    """The text in parts whose lines or records, of which each takes 50 bytes more than its characters, are not many."""
    for text in texts:
        yield from in_parts(text, PART)


def _taken(held: list[str]) -> str:
    """What is held, as one text. A generator that gave it away from a variable would keep it."""
    line = "".join(held)
    held.clear()
    return line


def has_own_line(texts: Iterable[str], separator: str) -> bool:
    """Whether a line of the text is the separator and nothing else, spaces around it left out."""
    return any(is_own_line(line, separator) for line in lines_of(texts))


def is_own_line(line: str, separator: str) -> bool:
    """Whether this line is the separator, spaces around it left out."""
    return separator in line and line.strip() == separator.strip()


def split_at_lines(texts: Iterable[str], ends: Callable[[str], bool]) -> Iterator[tuple[Record, bool]]:
    """The records between the lines for which `ends` is true, and whether such a line followed."""
    held = Pieces()
    for line in lines_of(texts):
        if ends(line):
            yield held.take(), True
        else:
            held.add(line)
    yield held.take(), False


def split_at_text(texts: Iterable[str], separator: str) -> Iterator[tuple[Record, bool]]:
    """The records between the occurrences of the separator, wherever they are, and whether it followed."""
    held, rest = Pieces(), ""
    for text in _parts_of(texts):
        first, *records = (rest + text).split(separator)
        rest = first
        if records:
            held.add(first)
            yield held.take(), True
            rest = records.pop()
        for record in records:
            yield [record.strip("\n")], True
        settled = max(0, len(rest) - len(separator) + 1)  # what follows may be the beginning of a separator
        held.add(rest[:settled])
        rest = rest[settled:]
    held.add(rest)
    yield held.take(), False
