"""Passages of a text that were found, as a table and as a page. Knows no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charlm.display.html_page import render_page, without_controls

BEFORE, AFTER = 30, 50  # characters around what was found
SIGNS = str.maketrans({"\n": "↵", "\x1e": "↵", "\t": " "})


@dataclass(frozen=True)
class Passage:
    """What was found, in a line (counted from 1), with what is around it, and its score from 0 to 1."""

    line: int
    score: float
    before: str
    found: str
    after: str


def passage(pieces: Sequence[str], line: int, first: int, stop: int, score: float) -> Passage:
    """Pieces from `first` to `stop`, the last excluded, and some around them."""
    parts = pieces[max(0, first - BEFORE) : first], pieces[first:stop], pieces[stop : stop + AFTER]
    before, found, after = ("".join(part) for part in parts)
    return Passage(line, score, before, found, after)


def passage_rows(passages: Sequence[Passage]) -> list[list[str]]:
    """A table with heading; what was found stands between arrows."""
    rows = [["line", "score", "text"]]
    for one in passages:
        text = f"{one.before}»{one.found}«{one.after}".translate(SIGNS)
        rows.append([f"{one.line:,}", f"{one.score:.2f}", text])
    return rows


def passages_page(title: str, summary: str, asked: Passage, passages: Sequence[Passage]) -> str:
    """The page: what was asked, and what is like it."""

    def shown(one: Passage) -> dict[str, str]:
        before, found, after = (without_controls(part.translate(SIGNS)) for part in (one.before, one.found, one.after))
        score = f"{one.score:.2f}"
        return {"line": f"{one.line:,}", "score": score, "before": before, "found": found, "after": after}

    return render_page(
        "passages",
        title,
        {"scores": [max(0.0, one.score) for one in passages]},
        {},
        ("common.js",),
        summary=summary,
        asked=shown(asked),
        passages=[shown(one) for one in passages],
    )
