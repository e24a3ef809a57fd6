"""The rows of CSV and TSV, in bounded memory. Knows no columns and no files.

CSV has quotes, which may hold line ends, and any of four delimiters; a quote within a cell is written twice, or after a
backslash if the first lines do so. TSV has one row a line; a cell in quotes loses them. Memory is bounded by the
longest cell and by the number of columns: a quote that is not closed ends with an error, not with a full memory.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from charlm.errors import TextError

LONGEST = 4_000_000  # characters of a cell or a line
MOST_COLUMNS = 10_000  # a short cell takes twenty times its characters in memory
COMPARED = 50  # lines that tell how quotes are written
DELIMITERS = ",;\t|"
DECLARED = re.compile(r"sep=([,;\t|])\r?\n?", re.IGNORECASE)  # a first line with which Excel names the delimiter
BACKSLASH = re.compile(r"\\(.)", re.DOTALL)
QUOTE_IN_CELL = re.compile(r'\\"(?=[^,;\t|\r\n])')  # at the end of a cell the backslash may be its last character
QUOTE_TWICE = re.compile(r'[^,;\t|\r\n]""')
NOT_CLOSED = "\x1f charlm: the end of the file \x1f"  # a last row that a quote that is not closed takes in

Row = list[str]


def rows_of_tsv(lines: Iterable[str], where: str) -> Iterator[Row]:
    """The rows of a TSV: a line each, and no quotes that hold line ends."""
    for number, line in enumerate(lines, 1):
        if line.count("\t") >= MOST_COLUMNS:
            raise _columns_error(where, number)
        if line.strip("\r\n"):
            yield [_unquoted(cell) for cell in line.rstrip("\r\n").split("\t")]


def _unquoted(cell: str) -> str:
    inner = cell[1:-1]
    if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def rows_of_csv(lines: Iterator[str], where: str) -> Iterator[Row]:
    """The rows of a CSV with any of DELIMITERS. Raises TextError if it cannot be read."""
    lines = with_doubled_quotes(lines)
    first = next(lines, "")
    if declared := DECLARED.fullmatch(first):
        delimiter, first = declared[1], ""
    else:
        delimiter = max(DELIMITERS, key=lambda one: (_outside_quotes(first).count(one), -DELIMITERS.index(one)))
    csv.field_size_limit(LONGEST)  # of the whole process: the module has no other
    counted = _Counted(chain([first] if first else [], lines, ["\n", NOT_CLOSED]), delimiter, where)
    reader = csv.reader(counted, delimiter=delimiter)
    try:
        for row in reader:
            if row and row[-1].endswith(NOT_CLOSED):
                if row == [NOT_CLOSED]:
                    return
                raise _quote_error("A quote is not closed before the end of the file", where, counted.began)
            if row:
                yield row
            counted.next_row()
    except csv.Error as error:
        if "field limit" in str(error):
            what = f"A cell has more than {LONGEST:,} characters, as if a quote were not closed"
            raise _quote_error(what, where, counted.began) from None
        raise _quote_error(f"The table cannot be read: {error}", where, reader.line_num) from None


def with_doubled_quotes(lines: Iterator[str]) -> Iterator[str]:
    r"""The lines with `\"` as `""`, if the first of them write a quote within a cell so."""
    head = list(islice(lines, COMPARED))
    whole = chain(head, lines)
    return map(_doubled, whole) if uses_backslash(head) else whole


def uses_backslash(lines: Sequence[str]) -> bool:
    r"""Whether quotes within cells are written `\"`, as databases do, and none is written twice."""
    return any(map(QUOTE_IN_CELL.search, lines)) and not any(map(QUOTE_TWICE.search, lines))


def _doubled(line: str) -> str:
    return BACKSLASH.sub(lambda found: '""' if found[1] == '"' else found[0], line)


class _Counted:
    """Lines for csv.reader, which are counted, and whose cells are. A row has several lines if its quotes do."""

    def __init__(self, lines: Iterator[str], delimiter: str, where: str) -> None:
        self._lines, self._delimiter, self._where = lines, delimiter, where
        cell = f"[^{re.escape(delimiter)}]*+{re.escape(delimiter)}"
        self._cell = re.compile(rf'(?:"(?:[^"]++|"")*+"?)?+{cell}')  # with its delimiter
        self._rest_of_cell = re.compile(rf'(?:[^"]++|"")*+"?{cell}')
        self._line, self._cells, self._first = 0, 0, ""
        self.began = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._line += 1
        many = line.count(self._delimiter)
        if self._line > self.began:  # it begins within a cell: only now the cells of the first line are worth counting
            if self._line == self.began + 1 and self._cells:
                self._cells = self._count(self._first, self._cell)
            many = many and self._count(line, self._rest_of_cell)
        elif many >= MOST_COLUMNS:
            many = self._count(line, self._cell)
        self._cells += many
        if self._cells >= MOST_COLUMNS:
            raise _columns_error(self._where, self.began)
        self._first = line if self._line == self.began else ""
        return line

    def next_row(self) -> None:
        """The row ended with the line before."""
        self.began, self._cells = self._line + 1, 0

    def _count(self, line: str, first: re.Pattern[str]) -> int:
        """How many cells end in this line, the first as `first` finds it; those beyond MOST_COLUMNS do not count."""
        count, found = 0, first.match(line)
        while found and count < MOST_COLUMNS:
            count += 1
            found = self._cell.match(line, found.end())
        return count


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _columns_error(where: str, line: int) -> TextError:
    return TextError(
        f"A row has more than {MOST_COLUMNS:,} columns",
        f"{where}, the row that begins in line {line:,}",
        "Is this a table? Cut out the columns that you want, for example with `cut` or pandas.",
    )


def _quote_error(what: str, where: str, line: int) -> TextError:
    remedy = 'Close the quote, or write a quote within a cell twice: "". Without quotes: -s text.format=tsv.'
    return TextError(what, f"{where}, the row that begins in line {line:,}", remedy)
