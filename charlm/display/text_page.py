"""A text as a page, each character coloured by numbers that belong to it. Knows no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.display.html_page import render_page, without_controls
from charlm.display.signed_text import SHARES, signed_steps
from charlm.display.symbol_pieces import Pieces


@dataclass(frozen=True)
class Series:
    """Numbers for the pieces of a text: how each is coloured (classes of inspect_text.css) and shown."""

    name: str
    classes: Sequence[str]
    shown: Sequence[str]
    legend: Sequence[tuple[str, str]]  # a text and its class


@dataclass(frozen=True)
class PageTable:
    """Rows with a heading as the first; `numbers` are the columns that are aligned at the right."""

    title: str
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()


def signed_series(name: str, values: np.ndarray, unit: str, above: str, below: str) -> Series:
    """Numbers with a sign, in four steps to each side of the largest."""
    largest = float(np.abs(values).max(initial=0))
    classes = ["" if not step else f"{'p' if step > 0 else 'm'}{abs(step)}" for step in signed_steps(values).tolist()]
    legend = [(f"{below}, {unit}:", "")]
    legend += [(f"-{largest * share:.2g}", f"m{step}") for step, share in reversed([*enumerate(SHARES, 1)])]
    legend += [(f"+{largest * share:.2g}", f"p{step}") for step, share in enumerate(SHARES, 1)]
    return Series(name, classes, [f"{value:+.2f} {unit}" for value in values.tolist()], [*legend, (above, "")])


def text_page(
    title: str,
    lines: Sequence[str],
    pieces: Pieces,
    series: Sequence[Series],
    follows: str = "",
    tables: Sequence[PageTable] = (),
    notes: Sequence[str] = (),
) -> str:
    """The page. `follows` is shown after the text, in a box: what is predicted."""
    data: dict[str, Any] = {
        "pieces": [without_controls(text) for text in pieces.texts],
        "series": [
            {"name": one.name, "classes": [*one.classes], "shown": [*one.shown], "legend": [*map(list, one.legend)]}
            for one in series
        ],
        "next": without_controls(follows),
    }
    shown = [
        {"title": each.title, "rows": [[*map(without_controls, row)] for row in each.rows], "numbers": each.numbers}
        for each in tables
    ]
    return render_page(
        "inspect_text", without_controls(title), {"map": data}, lines=[*map(without_controls, lines)], tables=shown,
        notes=notes,
    )  # fmt: skip
