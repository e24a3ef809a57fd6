"""What a command says on stdout when it is done: rows in columns, or one JSON object. Knows no command."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from charlm.display.printing import put, until_closed


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """One line a row, in aligned columns."""
    from charlm.display.columns import columns

    with until_closed(sys.stdout):
        put(sys.stdout, "\n".join(columns(rows)) + "\n")


def print_json(value: object) -> None:
    """The one object of `--json`."""
    with until_closed(sys.stdout):
        put(sys.stdout, json.dumps(value, indent=2) + "\n")
