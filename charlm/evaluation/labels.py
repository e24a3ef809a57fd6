"""Lines whose kind is known from a column of their own. Knows no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.errors import TextError
from charlm.evaluation.roc import Roc, roc

NAMED = 8  # labels that a message lists


@dataclass(frozen=True)
class LabelledLines:
    """The texts of the lines, their numbers in the file, counted from 1, and their labels, None if there are none."""

    texts: list[str]
    numbers: list[int]
    labels: list[str] | None = None
    positive: str = ""  # the label that is looked for
    notes: list[str] = field(default_factory=list)

    def curve(self, values: npt.NDArray[np.floating[Any]]) -> Roc | None:
        """How well values, one a line, tell the positive lines from the others; None without labels."""
        if self.labels is None:
            return None
        return roc(values, np.array([label == self.positive for label in self.labels], bool))


def split_labels(lines: Sequence[str], column: int | None, positive: str | None) -> LabelledLines:
    """Lines of text; with a column, counted from 1, it is taken out of each as its label. Empty lines are left out.

    `positive` is the label that is looked for, by default the rarest. Raises TextError for a text without lines, a line
    without that column, for less than two labels, and for a positive one that no line has.
    """
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line]
    if not numbered:
        raise TextError(
            "The text has no lines to score", f"{len(lines)} lines, all of them empty", "Give a longer text."
        )
    numbers = [number for number, _ in numbered]
    if column is None:
        return LabelledLines([line for _, line in numbered], numbers)
    texts, labels = [], []
    for number, line in numbered:
        cells = line.split("\t")
        if len(cells) < max(2, column):
            raise TextError(
                f"There is no column {column} beside a text"
                if len(cells) >= column
                else f"There is no column {column}",
                f"line {number}, which has {len(cells)}",
                "Columns are separated by tabs, and counted from 1.",
            )
        labels.append(cells.pop(column - 1))
        texts.append("\t".join(cells))
    counts = Counter(labels)
    listed = ", ".join(f"{label!r} x {count:,}" for label, count in counts.most_common(NAMED))
    if len(counts) < 2:
        raise TextError(
            "All lines have the same label", listed, "Give lines of two kinds, or leave --label-column out."
        )
    if positive is not None and positive not in counts:
        raise TextError(f"No line has the label {positive!r}", listed, "Give one of these with --positive.")
    chosen = positive if positive is not None else min(counts, key=lambda label: (counts[label], label))
    return LabelledLines(texts, numbers, labels, chosen, [f"labels: {listed}"])
