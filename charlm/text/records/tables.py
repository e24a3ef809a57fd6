"""Reads one column of a table: CSV and TSV, with or without a header. Knows no files and no ids.

CSV has quotes, which may hold line ends, and any of four delimiters. TSV has one row a line; a cell in quotes loses
them. Memory is bounded by the longest cell: a quote that is not closed ends with an error, not with a full memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from charlm.config.suggestions import suggestion
from charlm.errors import TextError
from charlm.text.records.separating import lines_of
from charlm.text.records.tally import Tally

LONGEST = 10_000_000  # characters of a cell or a line
DELIMITERS = ",;\t|"
COMPARED = 50  # rows that tell whether the first one is a header
SHOWN_COLUMNS = 12
NOT_CLOSED = "\x1f charlm: the end of the file \x1f"  # a last row that a quote that is not closed takes in

Row = list[str]


def read_column(
    texts: Iterable[str],
    form: str,
    column: str | int,
    label: str | int | None,
    header: bool | str,
    where: str,
    tally: Tally,
) -> Iterator[str]:
    """The cells of a column, each after its label and a tab if there is one. `form` is csv or tsv.

    Raises TextError for a column that is not there, a quote that is not closed, and cells above LONGEST.
    """
    lines = lines_of(texts, LONGEST, where)
    rows = _rows_of_tsv(lines) if form == "tsv" else _rows_of_csv(lines, where)
    head = list(islice(rows, COMPARED))
    if not head:
        return
    named = header if isinstance(header, bool) else has_header(head, form)
    if not named and isinstance(header, str) and any(isinstance(one, str) for one in (column, label)):
        named = True  # a name can only be that of a header
    names = [name.strip() for name in head[0]]
    at = _position(column, names, named, "column", where)
    label_at = None if label is None else _position(label, names, named, "label", where)
    if named:
        head = head[1:]
        tally.said[f"the first row has the names of the columns ({', '.join(names[:SHOWN_COLUMNS])})"] = None
    elif isinstance(header, str):
        tally.said["the first row is learnt too; if it has names, give -s text.header=true"] = None
    for row in chain(head, rows):
        if at >= len(row) or (label_at is not None and label_at >= len(row)):
            tally.counts["missing"] += 1
        elif label_at is None:
            yield row[at].strip("\n")
        else:
            cell, found = row[at].strip("\n"), one_line(row[label_at])
            if cell.strip():
                tally.add_label(found)
            yield f"{found}\t{cell}" if cell.strip() else ""


def one_line(label: str) -> str:
    """The label without tabs and line ends, which end it."""
    return " ".join(label.split())


def has_header(rows: Sequence[Row], form: str) -> bool:
    """Whether the first row has names: by how it differs from the others, else by the habit of the format."""
    first, others = rows[0], rows[1:]
    if len({cell.strip() for cell in first}) < len(first) or any(not cell.strip() or _number(cell) for cell in first):
        return False
    votes = 0
    for at, name in enumerate(first):
        cells = [row[at] for row in others if at < len(row) and row[at]]
        if len(cells) < 2:
            continue
        if all(map(_number, cells)):
            votes += 2
        elif len(lengths := {len(cell) for cell in cells}) == 1:
            votes += 1 if len(name) not in lengths else -1
        votes -= 2 * (name in cells)
    return votes > 0 if votes else form == "csv"


def _number(cell: str) -> bool:
    try:
        float(cell.replace(",", ".", 1))
    except ValueError:
        return False
    return True


def _position(wanted: str | int, names: Row, named: bool, what: str, where: str) -> int:
    if isinstance(wanted, int) and wanted <= len(names):
        return wanted - 1
    folded = [name.casefold() for name in names]
    if isinstance(wanted, str) and named:
        if wanted in names:
            return names.index(wanted)
        if folded.count(wanted.strip().casefold()) == 1:
            return folded.index(wanted.strip().casefold())
    more = ", ..." if len(names) > SHOWN_COLUMNS else ""
    listed = ", ".join(f"{at} {name[:40]!r}" for at, name in enumerate(names[:SHOWN_COLUMNS], 1))
    hint = suggestion(str(wanted), names)
    raise TextError(
        f"There is no column {wanted!r} for text.{what}",
        f"{where}, whose first row is {listed}{more}",
        hint or "Give one of these names, or its number.",
    )


def _rows_of_tsv(lines: Iterable[str]) -> Iterator[Row]:
    for line in lines:
        if line.strip("\r\n"):
            yield [_unquoted(cell) for cell in line.rstrip("\r\n").split("\t")]


def _unquoted(cell: str) -> str:
    inner = cell[1:-1]
    if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def _rows_of_csv(lines: Iterator[str], where: str) -> Iterator[Row]:
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=lambda one: (_outside_quotes(first).count(one), -DELIMITERS.index(one)))
    csv.field_size_limit(LONGEST)  # of the whole process: the module has no other
    reader = csv.reader(chain([first], lines, ["\n", NOT_CLOSED]), delimiter=delimiter)
    began = 1
    try:
        for row in reader:
            if row and row[-1].endswith(NOT_CLOSED):
                if row == [NOT_CLOSED]:
                    return
                raise _quote_error("A quote is not closed before the end of the file", where, began)
            if row:
                yield row
            began = reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error):
            what = f"A cell has more than {LONGEST:,} characters, as if a quote were not closed"
            raise _quote_error(what, where, began) from None
        raise _quote_error(f"The table cannot be read: {error}", where, reader.line_num) from None


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _quote_error(what: str, where: str, line: int) -> TextError:
    remedy = 'Close the quote, or write a quote within a cell twice: "". Without quotes: -s text.format=tsv.'
    return TextError(what, f"{where}, the row that begins in line {line:,}", remedy)
