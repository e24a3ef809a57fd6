"""Rows of text as aligned columns. Knows of the terminal only how wide a character is there."""

from __future__ import annotations

from collections.abc import Sequence


def columns(rows: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """One line a row, each column as wide as its widest cell. Steering characters are shown as escapes."""
    from rich.cells import cell_len

    from charlm.display.printing import visible

    safe = [[visible(cell).replace("\n", " ").replace("\t", " ") for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*safe, strict=True)]
    return [
        "".join(cell + " " * (width - cell_len(cell) + gap) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in safe
    ]
