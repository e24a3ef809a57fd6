"""Counts what was found in a text while its records were read, and says it. Knows no format."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

MOST_LABELS = 1000  # different labels that are counted
OTHERS = ""  # stands for all others
SHOWN_LABELS, SHOWN_LABEL = 8, 40  # in a note, and characters of one

SAID = {  # by kind: for one, and for many
    "blank": ("one blank record was left out", "{:,} blank records were left out"),
    "missing": ("one row has no such {what} and was left out", "{:,} rows have no such {what} and were left out"),
    "opened": (
        "one row ends within a quote; -s text.format=csv reads cells with line ends",
        "{:,} rows end within a quote; -s text.format=csv reads cells with line ends",
    ),
    "ends": ("one U+001E in a record became a space", "{:,} U+001E in records became spaces"),
}


@dataclass
class Tally:
    """Counts by kind and by label, and what is said in words once."""

    counts: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    said: dict[str, None] = field(default_factory=dict)

    def add_label(self, label: str) -> None:
        """Count a label. If there are too many different ones, all further ones count as one."""
        self.labels[label if label in self.labels or len(self.labels) < MOST_LABELS else OTHERS] += 1

    def add(self, later: Tally) -> None:
        """Add what was found in the part of the text that follows."""
        self.counts.update(later.counts)
        self.said |= later.said
        for label, count in later.labels.items():
            known = label in self.labels or len(self.labels) < MOST_LABELS
            self.labels[label if known else OTHERS] += count

    def to_json(self) -> dict[str, Any]:
        labels = {} if OTHERS in self.labels else dict(self.labels.most_common())
        said = [
            *self.said,
            *([f"there are more than {MOST_LABELS:,} different labels"] if OTHERS in self.labels else []),
        ]
        return {"counts": dict(self.counts), "labels": labels, "said": said}


def tally_notes(found: dict[str, Any], what: str) -> list[str]:
    """Notes for people, from `Tally.to_json`; `what` is a column or a field."""
    notes = list(found["said"])
    for kind, (one, many) in SAID.items():
        if count := found["counts"].get(kind, 0):
            notes.append((one if count == 1 else many).replace("{what}", what).format(count))
    labels = list(found["labels"].items())
    if labels:
        shown = ", ".join(f"{_shortened(label)} {count:,}" for label, count in labels[:SHOWN_LABELS])
        many = f"{len(labels):,} label{'s' * (len(labels) != 1)}"
        notes.append(f"{many}: {shown}{', ...' if len(labels) > SHOWN_LABELS else ''}")
    return notes


def _shortened(label: str) -> str:
    return f"{label[:SHOWN_LABEL]}..." if len(label) > SHOWN_LABEL else label
