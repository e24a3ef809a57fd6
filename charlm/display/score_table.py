"""The results of `charlm eval` as tables, with notes on stderr. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from charlm.display.output import print_columns, print_text
from charlm.display.printing import print_stderr
from charlm.display.text_notes import score_notes
from charlm.text.unknown import UnknownCharacters


def print_score(result: Mapping[str, Any], lacking: UnknownCharacters, notes: Sequence[str]) -> None:
    """`result` is the object of `--json`; the notes say how the text was read."""
    charged = result["unknown_bits"] if result["unknown_charged"] else None
    as_symbol = result["unknown_charged"] if lacking.has_symbol else 0
    for note in (*notes, *score_notes(lacking, charged, as_symbol)):
        print_stderr(note)
    lines = [
        f"{name:<20}{result[name]:>12.6f}"
        for name in ("bits_per_character", "bits_per_byte", "nats_per_character", "perplexity")
    ]
    lines += [f"{name:<20}{result[name]:>12,}" for name in ("characters", "unknown_characters")]
    lines.append(f"{'seconds':<20}{result['seconds']:>12.2f}")
    print_text("\n".join(lines) + "\n")


def print_comparison(scores: Sequence[Mapping[str, Any]], policy: str) -> None:
    """A row for each model; `scores` are the objects of `--json`."""
    rows = [["run", "step", "bits/char", "bits/byte", "characters", "unknown"]]
    rows += [
        [
            f"{score['run']}",
            f"{score['step']:,}",
            f"{score['bits_per_character']:.4f}",
            f"{score['bits_per_byte']:.4f}",
            f"{score['characters']:,}",
            f"{score['unknown_characters']:,}",
        ]
        for score in scores
    ]
    print_columns(rows)
    if len({score["unit"] for score in scores}) > 1:
        print_stderr("the models count different symbols (text.unit): compare the bits per byte")
    if any(score["unknown_charged"] for score in scores):
        print_stderr("a character that a model does not know costs about 20 bits, which name it among all of Unicode")
    elif any(score["unknown_left_out"] for score in scores):
        print_stderr(f"with --unknown {policy} the scores are of different characters; `charge` makes them comparable")
