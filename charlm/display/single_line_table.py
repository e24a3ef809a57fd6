"""Lines that were scored one by one: the strangest and the most usual, all as values, the ROC. Knows no model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from charlm.display.line_table import ESCAPES, SHOWN
from charlm.display.output import print_table, print_text
from charlm.display.printing import print_stderr, until_closed, write_safely
from charlm.display.units import counted, in_bits

if TYPE_CHECKING:
    from charlm.evaluation.lines import SingleLines
    from charlm.evaluation.roc import Roc

COLUMNS = ("line", "characters", "nats", "bits_per_character", "text")
SHARES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5)  # of the others, at which the table of the ROC tells what is found


@dataclass(frozen=True, eq=False)
class LineRows:
    """Texts of lines, their numbers in the file, labels if there are any, scores, and the order, strangest first."""

    texts: Sequence[str]
    numbers: Sequence[int]
    labels: Sequence[str] | None
    scores: SingleLines
    order: npt.NDArray[np.int64]

    @property
    def bits_per_character(self) -> float:
        return in_bits(float(self.scores.nats.sum()) / int(self.scores.characters.sum()))

    def as_json(self, number: int) -> dict[str, Any]:
        """The values of one line."""
        label = {} if self.labels is None else {"label": self.labels[number]}
        nats, characters = float(self.scores.nats[number]), int(self.scores.characters[number])
        return {
            "line": self.numbers[number],
            "characters": characters,
            "nats": nats,
            "bits_per_character": in_bits(nats / characters),
            "text": self.texts[number],
            **label,
        }


def print_single_lines(rows: LineRows, top: int) -> None:
    """The strangest lines, and the most usual ones."""
    count = len(rows.order)
    shown = rows.order if count <= 2 * top else np.concatenate([rows.order[:top], rows.order[-top:]])
    table = [["line", "characters", "bits", "bits/char", *(["label"] if rows.labels is not None else []), "text"]]
    for number in shown.tolist():
        values = rows.as_json(number)
        text = values["text"][:SHOWN] + ("…" if len(values["text"]) > SHOWN else "")
        bits = in_bits(values["nats"])
        label = [values["label"]] if "label" in values else []
        cells = [
            f"{values['line']:,}",
            f"{values['characters']:,}",
            f"{bits:.1f}",
            f"{values['bits_per_character']:.3f}",
        ]
        table.append([*cells, *label, text])
    if count > 2 * top:
        table.insert(top + 1, ["..."] + [""] * (len(table[0]) - 1))
    print_table(table, keys=1, least=("characters",), right=table[0][:4])
    print_stderr(f"{counted(count, 'line')}, {rows.bits_per_character:.4f} bits per character")


def print_single_values(rows: LineRows) -> None:
    """All lines in that order, with a heading; a tab or a backslash in a text or a label is escaped."""
    with until_closed(sys.stdout):
        label = ["label"] if rows.labels is not None else []
        write_safely(sys.stdout, "\t".join([*COLUMNS, *label]) + "\n")
        for number in rows.order.tolist():
            values = rows.as_json(number)
            cells = [
                f"{values['line']}",
                f"{values['characters']}",
                f"{values['nats']:.9g}",
                f"{values['bits_per_character']:.6f}",
                values["text"].translate(ESCAPES),
                *([values["label"].translate(ESCAPES)] if label else []),
            ]
            write_safely(sys.stdout, "\t".join(cells) + "\n")


def print_roc(curve: Roc, positive: str) -> None:
    """The area, and what is found at some shares of false alarms."""
    print_text(f"\narea under the ROC for {positive!r}: {curve.area:.4f}\n\n")
    rows = [["false alarms", "found"], *([f"{share:.1%}", f"{curve.found_at(share):.1%}"] for share in SHARES)]
    print_table(rows, right=rows[0])
    if curve.area < 0.5:
        print_stderr(f"lines with the label {positive!r} surprise the model less than the others")
