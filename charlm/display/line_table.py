"""Scored lines and characters: a table for a person, and tab-separated values and JSON for programs. Knows no model."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from charlm.display.output import print_table
from charlm.display.printing import print_stderr, until_closed, write_safely
from charlm.display.units import counted, in_bits
from charlm.text.vocabulary import LOST

if TYPE_CHECKING:
    from charlm.evaluation.characters import CharacterScores, LineScores, Order

SHOWN = 200  # characters of a line that a table shows
PIECE = 1 << 14  # characters that are printed together
COLUMNS = ("line", "characters", "nats", "bits_per_character", "excess_bits", "text")
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def print_line_table(found: CharacterScores, lines: LineScores, order: Order, top: int) -> None:
    """The first lines of that order."""
    ranked = lines.ranked(order)
    rows = [["line", "characters", "bits/char", "excess bits", "text"]]
    for number in ranked[:top].tolist():
        rows.append(
            [
                f"{number + 1:,}",
                f"{lines.characters[number]:,}",
                f"{in_bits(float(lines.means[number])):.3f}",
                f"{in_bits(float(lines.excess[number])):,.1f}",
                _text(found, lines, number, SHOWN),
            ]
        )
    print_table(rows, keys=1, least=("characters",), right=rows[0][:-1])
    score = found.score
    print_stderr(
        f"{counted(len(ranked), 'line')}, {counted(score.characters, 'character')}: "
        f"{score.bits_per_character:.6f} bits per character"
    )


def print_line_values(found: CharacterScores, lines: LineScores, order: Order) -> None:
    """All lines in that order, one a line with a heading. A tab, a line end or a backslash in a text is escaped."""
    with until_closed(sys.stdout):
        write_safely(sys.stdout, "\t".join(COLUMNS) + "\n")
        for number in lines.ranked(order).tolist():
            values = (
                f"{number + 1}",
                f"{lines.characters[number]}",
                f"{lines.nats[number]:.9g}",
                f"{in_bits(float(lines.means[number])):.6f}",
                f"{in_bits(float(lines.excess[number])):.6f}",
                _text(found, lines, number).translate(ESCAPES),
            )
            write_safely(sys.stdout, "\t".join(values) + "\n")


def print_character_lines(found: CharacterScores) -> None:
    """A JSON object for each character, in the order of the text: its place, itself, its nats or null."""
    with until_closed(sys.stdout):
        for piece in _json_lines(found):
            write_safely(sys.stdout, piece)


def _json_lines(found: CharacterScores) -> Iterator[str]:
    is_byte = found.vocabulary.unit == "byte"
    symbols = [
        f'"byte": {ord(symbol)}' if is_byte else f'"character": {json.dumps(symbol or LOST)}'
        for symbol in found.vocabulary.symbols
    ]
    for start in range(0, len(found.ids), PIECE):
        ids, nats = (values[start : start + PIECE].tolist() for values in (found.ids, found.nats.astype("f8")))
        yield "".join(
            f'{{"place": {place}, {symbols[one]}, "nats": {"null" if value != value else repr(value)}}}\n'
            for place, (one, value) in enumerate(zip(ids, nats, strict=True), start)
        )


def _text(found: CharacterScores, lines: LineScores, number: int, most: int | None = None) -> str:
    """The line without its end."""
    start, stop = int(lines.starts[number]), int(lines.stops[number])
    cut = stop if most is None else min(stop, start + most)
    text = found.vocabulary.decode(found.ids[start:cut])
    return text.removesuffix("\n").removesuffix("\x1e") + ("…" if cut < stop - 1 else "")
