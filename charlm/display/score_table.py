"""The result of `charlm eval perplexity` as a table, with notes on stderr. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charlm.display.output import print_text
from charlm.display.printing import print_stderr
from charlm.display.text_notes import score_notes
from charlm.text.unknown import UnknownCharacters


def print_score(result: Mapping[str, Any], lacking: UnknownCharacters, notes: Sequence[str]) -> None:
    """`result` is the object of `--json`; the notes say how the text was read."""
    charged = result["unknown_bits"] if result["unknown_charged"] else None
    for note in (*notes, *score_notes(lacking, charged)):
        print_stderr(note)
    lines = [
        f"{name:<20}{result[name]:>12.6f}"
        for name in ("nats_per_character", "bits_per_character", "bits_per_byte", "perplexity")
    ]
    lines += [f"{name:<20}{result[name]:>12,}" for name in ("characters", "unknown_characters")]
    lines.append(f"{'seconds':<20}{result['seconds']:>12.2f}")
    print_text("\n".join(lines) + "\n")
