"""Rows of cells that fit into a width, without a break inside a word. Knows no terminal and no command: lines out.

What is too wide loses columns if the caller names some that can be missed; then the last column is wrapped between
words; then the columns that are left are set below each other, each time after the key columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charlm.display.folding import fold
from charlm.display.printing import escape_controls

GAP = 2  # cells between two columns
NARROWEST = 24  # cells of the last column that are worth wrapping into
INDENT = 4  # cells before a text that stands below its row

Row = Sequence[str]


@dataclass(frozen=True)
class Table:
    """The lines of a table, and the headings of the columns that were left out."""

    lines: list[str]
    left_out: list[str]


def align_columns(rows: Sequence[Row], gap: int = GAP, right: Sequence[int] = ()) -> list[str]:
    """One line a row, each column as wide as its widest cell on a terminal. Control characters become escapes.

    `right` are the numbers of the columns that are aligned at the right.
    """
    return _lines(_safe(rows), gap, right)


def fit_pairs(rows: Sequence[Row], width: int | None) -> list[str]:
    """Rows whose last cell is text, wrapped between words to the width; None is any width.

    If there is no room beside the other cells, the text stands below them. A word that is wider than its column has a
    line of its own, which may be wider than `width`: a path or a command that is broken cannot be copied.
    """
    safe = _safe(rows)
    widths = _widths(safe)
    start = sum(widths[:-1]) + GAP * (len(widths) - 1)
    if width is None or start + widths[-1] <= width:
        return _lines(safe, GAP, ())
    lines = []
    for row in safe:
        beside = width - start >= NARROWEST
        folded = fold(row[-1], width - (start if beside else INDENT))
        first = [*row[:-1], folded[0]] if beside else row[:-1]
        lines.append(_padded(first, widths[: len(first)], GAP, ()))
        lines += [" " * (start if beside else INDENT) + line for line in folded[beside:]]
    return lines


def fit_page(text: str, width: int | None) -> str:
    """A page of lines, each wrapped between words to the width. What follows a line's last wide gap is a column."""
    return text if width is None else "".join(f"{line}\n" for each in text.splitlines() for line in _line(each, width))


def _line(line: str, width: int) -> list[str]:
    from rich.cells import cell_len

    if cell_len(line) <= width:
        return [line]
    text = line.lstrip(" ")
    indent = len(line) - len(text)
    left, _, explanation = text.rpartition("  ")
    if not left.strip():
        return [" " * indent + each for each in fold(text, width - indent)]
    start = len(line) - len(explanation)
    if width - start >= NARROWEST:
        first, *more = fold(explanation, width - start)
        return [line[:start] + first, *(" " * start + each for each in more)]
    below = " " * (indent + INDENT)
    return [
        *_line(" " * indent + left.rstrip(), width),
        *(below + each for each in fold(explanation, width - len(below))),
    ]


def fit_table(
    rows: Sequence[Row],
    width: int | None,
    keys: int = 1,
    least: Sequence[str] = (),
    right: Sequence[str] = (),
    gap: int = GAP,
) -> Table:
    """Rows with a heading as the first. `keys` columns at the left name a row, and stand in each part of the table.

    `least` are headings of columns that may be left out, the least important first; `right` are those of columns that
    are aligned at the right.
    """
    safe = _safe(rows)
    kept = list(range(len(safe[0])))
    left_out: list[str] = []
    for heading in least:
        if _fits(safe, kept, width, gap):
            break
        if number := next((each for each in kept if safe[0][each] == heading), 0):
            kept.remove(number)
            left_out.append(heading)
    lines: list[str] = []
    for part in _parts(safe, kept, keys, width, gap):
        lines += [""] if lines else []
        shown = [[row[number] for number in part] for row in safe]
        if len(part) == keys + 1 and not _fits(safe, part, width, gap):
            lines += fit_pairs(shown, width)
        else:
            lines += _lines(shown, gap, [at for at, number in enumerate(part) if safe[0][number] in right])
    return Table(lines, left_out)


def _parts(rows: Sequence[Row], kept: Sequence[int], keys: int, width: int | None, gap: int) -> list[list[int]]:
    """The columns of each part: the keys, and as many others as there is room for, but at least one."""
    head, parts = list(kept[:keys]), []
    part = list(head)
    for number in kept[keys:]:
        if len(part) > len(head) and not _fits(rows, [*part, number], width, gap):
            parts.append(part)
            part = list(head)
        part.append(number)
    return [*parts, part]


def _fits(rows: Sequence[Row], columns: Sequence[int], width: int | None, gap: int) -> bool:
    widths = _widths(rows)
    return width is None or sum(widths[number] + gap for number in columns) - gap <= width


def _safe(rows: Sequence[Row]) -> list[list[str]]:
    return [[escape_controls(cell).replace("\n", " ").replace("\t", " ") for cell in row] for row in rows]


def _widths(rows: Sequence[Row]) -> list[int]:
    from rich.cells import cell_len

    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _lines(rows: Sequence[Row], gap: int, right: Sequence[int]) -> list[str]:
    widths = _widths(rows)
    return [_padded(row, widths, gap, right) for row in rows]


def _padded(row: Row, widths: Sequence[int], gap: int, right: Sequence[int]) -> str:
    from rich.cells import cell_len

    cells = []
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        padding = " " * max(0, width - cell_len(cell))
        cells.append(padding + cell if number in right else cell + padding)
    return (" " * gap).join(cells).rstrip()
