"""What a study with `choose` has chosen, for its report: the value of each row, and a conclusion in words.

Trains nothing. Scores are in bits, and in nats beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from charlm.evaluation.score import in_bits
from charlm.studies.results import choices_at
from charlm.studies.study import Choose

Row = Mapping[str, Any]


def choice_of(choose: Choose, results: Sequence[Row], choices: Sequence[Row]) -> dict[str, Any]:
    """The chosen value of the results, which are those of one place; at which end it is; the scores of all values."""
    first = results[0]
    scored = choices_at(choices, (first["variant"], tuple(first["levels"].items())))
    return {
        "chosen": first.get("chosen"),
        "end": choose.end(first.get("chosen")),
        "candidates": [
            {"value": row["value"], "bits": None if row["nats"] is None else in_bits(row["nats"]), "nats": row["nats"]}
            for row in scored
        ],
    }


def value_text(value: object) -> str:
    """A chosen value as after -s: 0.01, none, cosine."""
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value)


def chosen_text(value: object, end: str | None) -> str:
    """`0.01`, or `0.02 (largest)` at an end of the values."""
    return f"{value_text(value)} ({end})" if end else value_text(value)


def choice_words(choose: Choose, groups: Sequence[Mapping[str, Any]]) -> list[str]:
    """Two sentences: what was chosen from and how, and which rows are at an end of the values."""
    values = [value_text(value) for value in choose.values]
    listed = f"{', '.join(values[:-1])} and {values[-1]}"
    said = [f"{choose.setting} was chosen for each row from {listed}, by a score within the training split."]
    at: dict[str, list[str]] = {}
    for group in groups:
        levels = " ".join(f"{factor} {level}" for factor, level in group["levels"].items())
        for row in group["rows"]:
            if row["end"]:
                at.setdefault(row["end"], []).append(f"{row['variant']}{f' ({levels})' if levels else ''}")
    if at:
        ends = "; ".join(f"the {end} for {', '.join(names)}" for end, names in at.items())
        said.append(f"It is {ends}: a value beyond may be better.")
    return said
