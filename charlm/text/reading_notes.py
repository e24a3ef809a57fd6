"""Says what was changed or left out while a text was read. Knows no ids and no files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from charlm.text.records.tally import tally_notes
from charlm.text.vocabulary import LOST


def reading_notes(facts: dict[str, Any], what: str) -> list[str]:
    """Notes for people on what reading changed, from the facts of a text; `what` is a column or a field."""
    kinds = (
        ("marks", "a byte-order mark was removed", "{:,} byte-order marks were removed"),
        ("crlf", "one CRLF became LF", "{:,} CRLF became LF"),
        ("cr", "one lone CR became LF", "{:,} lone CR became LF"),
    )
    counts = [(facts[kind], one, many) for kind, one, many in kinds if facts.get(kind)]
    notes = [one if count == 1 else many.format(count) for count, one, many in counts]
    if facts.get("misread"):
        encoding, run, meant = facts["misread"]
        notes.append(
            f"the text has {run!r} where {meant!r} was meant: it was UTF-8, read as {encoding} and saved again. "
            "Get the original, or repair it, for example with `ftfy`"
        )
    if facts.get("stripped"):
        notes.append(
            f"{facts['stripped']:,} characters before and after the book were left out, such as Project Gutenberg's "
            "licence; -s text.strip=none keeps them"
        )
    if facts.get("composed"):
        notes.append(
            "letters with separate accents were read as one character each, as the model does not know the marks"
        )
    if facts.get("lost"):
        lost = facts["lost"]
        many = (
            "one character was lost before, and is" if lost == 1 else f"{lost:,} characters were lost before, and are"
        )
        notes.append(f"{many} U+FFFD ({LOST}) in the text")
    if facts.get("unknown") and facts["vocabulary"]:
        notes.append(rare_note(facts["unknown"], facts["characters"]))
    return notes + tally_notes(facts["tally"], what)


def rare_note(rare: Mapping[str, int], characters: int) -> str:
    """What is read as the unknown symbol, with the count of each, in a text of that many characters."""
    total = sum(rare.values())
    which = (
        "one rare character is read as the unknown symbol"
        if len(rare) == 1
        else f"{len(rare):,} rare characters are one unknown symbol"
    )
    return (
        f"{which} (text.min_count), which stands {total:,} time{'s' * (total != 1)} in the text "
        f"({total / characters:.2%}). It is never written. Every score counts what it costs to name them"
    )
