"""Notes on a prompt or a text: where it came from, and what became of its unknown characters. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping

from charlm.display.units import counted
from charlm.text.quoting import quoted
from charlm.text.unknown import UnknownCharacters

SYMBOLS = 8  # unknown characters that are listed


def source_notes(piped: str | None) -> list[str]:
    """Notes on a prompt that was piped in, as `charlm.text.prompt.piped_prompt` gives it."""
    if piped is None:
        return ["nothing came through standard input; to wait for a prompt there: --prompt-file -"]
    return [f"prompt: {counted(len(piped), 'character')} of standard input"] if piped else []


def prompt_notes(lacking: UnknownCharacters) -> list[str]:
    """Notes on a prompt."""
    notes = [
        ("read as the nearest known ones", lacking.replaced),
        ("read as the unknown symbol", lacking.as_symbol),
        ("left out", lacking.left_out),
    ]
    return [f"prompt: {_counted(counts)} {fate}: {_listed(counts, lacking)}" for fate, counts in notes if counts]


def score_notes(lacking: UnknownCharacters, bits: float | None, as_symbol: int = 0) -> list[str]:
    """Notes on a text that was scored; `bits` is what was charged for the characters that were left out, if it was.

    In a model with an unknown symbol, it is what was charged to name the `as_symbol` characters read as that symbol.
    """
    if bits is None:
        fate = "not scored (with `--unknown charge` they are)"
    else:
        fate = f"charged {bits:,.1f} bits in all"
    notes = [("scored as the nearest known ones", lacking.replaced), (fate, lacking.left_out)]
    said = [f"text: {_counted(counts)} {fate}: {_listed(counts, lacking)}" for fate, counts in notes if counts]
    if as_symbol:
        which = lacking.as_symbol if as_symbol == sum(lacking.as_symbol.values()) else {}  # or those of a larger text
        count = f"{as_symbol:,} unknown character{'s' * (as_symbol != 1)}"
        named = f"text: {count} scored as the unknown symbol, and charged {bits or 0:,.1f} bits in all for their names"
        said.append(f"{named}: {_listed(which, lacking)}" if which else named)
    return said


def _counted(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    return f"{total:,} unknown character{'s' * (total != 1)}"


def _listed(counts: Mapping[str, int], lacking: UnknownCharacters) -> str:
    """'é' as 'e' x 3, 'Ж' x 2 and 5 others"""
    listed = [
        f"{quoted(one)}{f' as {quoted(lacking.read_as[one])}' if one in lacking.read_as else ''} x {count:,}"
        for one, count in list(counts.items())[:SYMBOLS]
    ]
    others = len(counts) - SYMBOLS
    return ", ".join(listed) + (f" and {others} other{'s' * (others != 1)}" if others > 0 else "")
