"""Reads a column of a Parquet table, cell by cell. Knows no records and no ids. pyarrow is the extra `parquet`.

Memory does not grow with the table: its pages are read one after another, and a batch of rows has few megabytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

from charlm.config.suggestions import suggestion
from charlm.errors import TextError, UsageError
from charlm.text.files.source_file import MOST_RATIO, SourceFile, most_unpacked
from charlm.version import install_extra

BATCH = 1 << 20  # bytes of cells that are read together, by the mean of the column
MOST_ROWS = 4096  # of a batch
BUFFER = 1 << 18  # bytes of a column that are read from the file at a time
SHOWN_COLUMNS, SHOWN_NAME = 20, 40  # names in a message, and characters of one


@dataclass(frozen=True, slots=True)
class Cells:
    """The texts of rows that follow one another, and their labels if those are asked for.

    Rows that lack one of the two are left out: so many are missing.
    """

    texts: list[str]
    labels: list[str] | None
    missing: int


def columns_of(file: SourceFile) -> list[str]:
    """The names of the columns for a message, the first ones, shortened. Raises TextError if the table is damaged."""
    with _opened(file) as table:
        return _shown(table.schema_arrow.names)


def cells_of(file: SourceFile, column: str | int, label: str | int | None) -> Iterator[Cells]:
    """The cells of a column in batches.

    Columns are named, or numbered from 1. Raises TextError for a column that is not there or holds no texts, for a
    table that is damaged, and for one with far more text than its size; UsageError if pyarrow is missing.
    """
    left = most_unpacked(file.size)
    with _opened(file) as table:
        names = table.schema_arrow.names
        wanted = [_name(column, names, "column", file.label)]
        if label is not None:
            wanted.append(_name(label, names, "label", file.label))
        for name in wanted:
            _require_plain(table.schema_arrow.field(name).type, name, file.label)
        rows = _rows_of_a_batch(table, wanted[0])
        for batch in table.iter_batches(rows, columns=list(dict.fromkeys(wanted)), use_threads=False):
            texts, *labels = [_texts(batch.column(name), file.label) for name in wanted]
            left -= sum(map(len, filter(None, chain(texts, *labels))))
            if left < 0:
                raise TextError(
                    f"The table has more than {MOST_RATIO} times its size in text, like a zip bomb",
                    f"{file.label}, {file.size:,} bytes",
                    "To use it anyway, save its column as JSON lines, and give that.",
                )
            yield _cells(texts, *labels)


def _cells(texts: list[str | None], labels: list[str | None] | None = None) -> Cells:
    if labels is None:
        kept = [text for text in texts if text is not None]
        return Cells(kept, None, len(texts) - len(kept))
    rows = [(text, label) for text, label in zip(texts, labels, strict=True) if text is not None and label is not None]
    return Cells([text for text, _ in rows], [label for _, label in rows], len(texts) - len(rows))


@contextmanager
def _opened(file: SourceFile) -> Iterator[Any]:
    """The table. What pyarrow raises for a damaged one becomes a TextError."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        what = "Parquet tables are read with pyarrow, which is not installed"
        raise UsageError(what, file.label, f"Install it with: {install_extra('parquet')}") from None
    try:
        with parquet.ParquetFile(file.path, buffer_size=BUFFER, pre_buffer=False) as table:
            yield table
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        raise TextError(
            f"This Parquet table is damaged or cut short: {reason}", file.label, "Fetch or copy it again."
        ) from None


def _name(wanted: str | int, names: Sequence[str], what: str, where: str) -> str:
    """The column that is meant. Raises TextError, which lists the columns, if there is none or several."""
    if isinstance(wanted, int):
        found = list(names[wanted - 1 : wanted])
    else:
        exact = [name for name in names if name == wanted]
        found = exact or [name for name in names if name.strip().casefold() == wanted.strip().casefold()]
    if len(found) == 1:
        return found[0]
    raise TextError(
        f"There is no column {wanted!r} for text.{what}" if not found else f"There are several columns {wanted!r}",
        f"{where}, which has {', '.join(_shown(names))}",
        suggestion(str(wanted), names) or "Give one of these names, or its number.",
    )


def _shown(names: Sequence[str]) -> list[str]:
    return [name[:SHOWN_NAME] for name in names[:SHOWN_COLUMNS]] + ["..."] * (len(names) > SHOWN_COLUMNS)


def _require_plain(kind: Any, name: str, where: str) -> None:
    from pyarrow import types

    if types.is_nested(kind):
        what = f"Column {name} has cells of the kind {str(kind)[:SHOWN_NAME]}, not texts"
        raise TextError(what, where, "Name another column, or save its text in a column of its own.")


def _rows_of_a_batch(table: Any, name: str) -> int:
    """How many cells make about BATCH bytes."""
    data = table.metadata
    at = table.schema_arrow.names.index(name)
    paths = [data.schema.column(number).path.split(".")[0] for number in range(data.num_columns)]
    at = paths.index(name) if name in paths else at
    size = sum(data.row_group(group).column(at).total_uncompressed_size for group in range(data.num_row_groups))
    return max(1, min(MOST_ROWS, BATCH * int(data.num_rows) // max(1, int(size))))


def _texts(cells: Any, where: str) -> list[str | None]:
    """The texts of an array of cells."""
    from pyarrow import types

    values: list[Any] = cells.to_pylist()
    if types.is_string(cells.type) or types.is_large_string(cells.type):
        return values
    return [_text(value, where) for value in values]


def _text(value: Any, where: str) -> str | None:
    """The text of a cell; numbers and truth values as in JSON. Raises TextError for bytes that are not UTF-8."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError as error:
            what = f"A cell is not valid utf-8: byte 0x{value[error.start]:02x}"
            raise TextError(what, where, "Save the column as text, in UTF-8.") from None
    return json.dumps(value) if isinstance(value, int | float) else str(value)
