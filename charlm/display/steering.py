"""What setting units by hand did to texts: on the terminal, as values, as arrays and as a page. Knows no model.

Shape letters: P properties, S pairs of samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.display.output import print_table, print_text
from charlm.display.printing import print_stderr
from charlm.display.report_page import ReportTable, report_page
from charlm.display.unit_tables import effect_json, effect_rows
from charlm.inspection.steering import Effect, amounts


@dataclass(frozen=True)
class Steered:
    """What was set, what that did to each property, and the pairs of texts (S,): without the hand, and with it."""

    about: Mapping[str, Any]
    effects: Sequence[Effect]
    pairs: Sequence[tuple[str, str]]

    @property
    def summary(self) -> str:
        of = self.about
        named = ", ".join(f"{one} ({name})" for one, name in zip(of["units"], of["values"], strict=True))
        pairs = f"{of['samples']} pairs of {of['length']} characters, temperature {of['temperature']:g}"
        return f"{named} set to {of['set']:g}; {pairs}"

    def rows(self, every: bool) -> list[list[str]]:
        """The table, with heading; without `every`, of the properties that occur."""
        shown = [one for one in self.effects if every or one.free or one.steered]
        return effect_rows([(one, one.probe.find("ab").dtype == bool) for one in shown])


def print_steered(found: Steered, show: int, every: bool) -> None:
    """The table on stdout, and `show` pairs of texts."""
    print_table(found.rows(every), keys=1, right=("free", "set", "change"))
    print_stderr(found.summary)
    for number, (free, steered) in enumerate(found.pairs[:show]):
        print_text(f"\n--- sample {number}, free\n{free}\n--- sample {number}, set\n{steered}\n")


def steered_json(found: Steered, show: int) -> dict[str, Any]:
    """The effects, and `show` pairs of texts."""
    texts = [{"free": free, "set": steered} for free, steered in found.pairs[:show]]
    return {**found.about, "effects": [effect_json(one) for one in found.effects], "texts": texts}


def steered_arrays(found: Steered) -> dict[str, np.ndarray]:
    """For each property the interval of the change (P, 2), and what each text has of it (P, S); NaN where unknown."""
    free, steered = (list(texts) for texts in zip(*found.pairs, strict=True))
    unknown = (np.nan, np.nan)
    return {
        "properties": np.array([one.probe.name for one in found.effects]),
        "free": np.array([amounts(one.probe, free) for one in found.effects]),
        "set": np.array([amounts(one.probe, steered) for one in found.effects]),
        "intervals": np.array([one.interval or unknown for one in found.effects]),
        "units": np.array(found.about["units"]),
    }


def steered_page(found: Steered, show: int, every: bool) -> str:
    """The table, and `show` pairs of texts side by side."""
    heading, *rows = found.rows(every)
    note = "free: as the model writes; set: with the units set after each character, and the same random numbers."
    tables = [ReportTable("What changes in the texts", heading, rows, note, texts=frozenset({0, 4, 5}))]
    if show:
        pairs = [(str(number), *pair) for number, pair in enumerate(found.pairs[:show])]
        tables.append(ReportTable("Samples", ("sample", "free", "set"), pairs, texts=frozenset({1, 2})))
    lines = [f"{found.about['run']}, step {found.about['step']:,}", found.summary]
    return report_page("Units set by hand", lines, tables=tables)
