"""Reads one column of a table: CSV and TSV, with or without a header. Knows no files and no ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from charlm.config.suggestions import suggestion
from charlm.errors import TextError
from charlm.text.records.pieces import Record
from charlm.text.records.separating import lines_of
from charlm.text.records.table_rows import LONGEST, Row, rows_of_csv, rows_of_tsv
from charlm.text.records.tally import Tally

MOST_COMPARED = 20_000  # cells of the first rows
COMPARED = 50  # rows that tell whether the first one is a header
SHOWN_COLUMNS, SHOWN_NAME = 12, 40  # names of a message, and characters of one


def read_column(
    texts: Iterable[str],
    form: str,
    column: str | int,
    label: str | int | None,
    header: bool | str,
    where: str,
    tally: Tally,
) -> Iterator[Record]:
    """The cells of a column, each after its label and a tab if there is one. `form` is csv or tsv.

    Raises TextError for a column that is not there, a quote that is not closed, cells above LONGEST, and rows with more
    than MOST_COLUMNS.
    """
    lines = lines_of(texts, LONGEST, where)
    rows = rows_of_tsv(lines, where) if form == "tsv" else rows_of_csv(lines, where)
    head = _first_rows(rows)
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
        tally.said[f"the first row has the names of the columns ({shown_names(names)})"] = None
    elif isinstance(header, str):
        tally.said["the first row is learnt too; if it has names, give -s text.header=true"] = None
    for row in chain(head, rows):
        tally.counts["opened"] += form == "tsv" and row[-1].startswith('"')
        if at >= len(row) or (label_at is not None and label_at >= len(row)):
            tally.counts["missing"] += 1
        elif label_at is None:
            yield [row[at].strip("\n")]
        else:
            yield [labelled(row[at], row[label_at], tally)]


def shown_names(names: Sequence[str]) -> str:
    """The first names for a message, each shortened if it is long."""
    shown = [f"{name[:SHOWN_NAME]}..." if len(name) > SHOWN_NAME else name for name in names[:SHOWN_COLUMNS]]
    return ", ".join([*shown, "..."] if len(names) > SHOWN_COLUMNS else shown)


def _first_rows(rows: Iterator[Row]) -> list[Row]:
    """The rows that are compared: COMPARED, or fewer if they have many cells."""
    head: list[Row] = []
    cells = 0
    while len(head) < COMPARED and cells < MOST_COMPARED and (row := next(rows, None)):
        head.append(row)
        cells += len(row)
    return head


def labelled(text: str, label: str, tally: Tally) -> str:
    """The text after its label, which is counted, and a tab; a blank one alone. A label has no tabs and line ends."""
    if not text.strip():
        return text
    label, text = " ".join(label.split()), text.strip("\n")
    tally.add_label(label)
    return f"{label}\t{text}"


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
    listed = ", ".join(f"{at} {name[:SHOWN_NAME]!r}" for at, name in enumerate(names[:SHOWN_COLUMNS], 1))
    hint = suggestion(str(wanted), [name for name in names if len(name) <= SHOWN_NAME])
    raise TextError(
        f"There is no column {wanted!r} for text.{what}",
        f"{where}, whose first row is {listed}{more}",
        hint or "Give one of these names, or its number.",
    )
