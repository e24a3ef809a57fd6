"""What a command prints on stdout when it is done: rows in aligned columns, or one JSON object. Knows no command.

On a terminal, rows fit into its width. Elsewhere one row is one line, which can be searched.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence

from charlm.display.printing import is_terminal, print_stderr, until_closed, write_safely
from charlm.display.tables import GAP, fit_page, fit_pairs, fit_table


def stdout_width() -> int | None:
    """The columns of the terminal that stdout is; None if it is none."""
    return shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Rows in aligned columns, of which the last may be text."""
    print_text("\n".join(fit_pairs(rows, stdout_width())) + "\n")


def print_table(
    rows: Sequence[Sequence[str]],
    keys: int = 1,
    least: Sequence[str] = (),
    right: Sequence[str] = (),
    gap: int = GAP,
) -> None:
    """A table with a heading, as `fit_table` lays it out. What a narrow terminal has no room for is named on stderr."""
    table = fit_table(rows, stdout_width(), keys, least, right, gap)
    print_text("\n".join(table.lines) + "\n")
    if table.left_out:
        print_stderr(f"a wider terminal also shows: {', '.join(reversed(table.left_out))}")


def print_json(value: object) -> None:
    """The one object of `--json`."""
    print_text(json.dumps(value, indent=2) + "\n")


def print_json_line(value: object) -> None:
    """One of several objects, each on a line of its own."""
    print_text(json.dumps(value) + "\n")


def print_page(text: str) -> None:
    """A page of prose and columns, whose lines fit into the width of a terminal."""
    print_text(fit_page(text, stdout_width()))


def print_text(text: str) -> None:
    """Text that ends with its own newline; escaped on a terminal, raw in a pipe."""
    with until_closed(sys.stdout):
        write_safely(sys.stdout, text)
