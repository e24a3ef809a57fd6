"""What a command prints on stdout when it is done: rows in aligned columns, or one JSON object. Knows no command."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from charlm.display.printing import escape_controls, until_closed, write_safely


def align_columns(rows: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """One line a row, each column as wide as its widest cell on a terminal. Control characters become escapes."""
    from rich.cells import cell_len

    safe = [[escape_controls(cell).replace("\n", " ").replace("\t", " ") for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*safe, strict=True)]
    return [
        "".join(cell + " " * (width - cell_len(cell) + gap) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in safe
    ]


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Rows in aligned columns."""
    print_text("\n".join(align_columns(rows)) + "\n")


def print_json(value: object) -> None:
    """The one object of `--json`."""
    print_text(json.dumps(value, indent=2) + "\n")


def print_text(text: str) -> None:
    """Text that ends with its own newline; escaped on a terminal, raw in a pipe."""
    with until_closed(sys.stdout):
        write_safely(sys.stdout, text)
