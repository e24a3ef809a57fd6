"""The result of `charlm eval perplexity` as a table, with notes on stderr. Knows no model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from charlm.display.output import print_text
from charlm.display.printing import print_stderr

if TYPE_CHECKING:
    from charlm.text.corpus import Corpus

SYMBOLS = 12  # unknown characters that are listed


def print_score(result: Mapping[str, Any], corpus: Corpus) -> None:
    """`result` is the object of `--json`."""
    for note in corpus.notes:
        print_stderr(note)
    unknown = result["unknown_characters"]
    if unknown:
        listed = " ".join(f"{character!r}" for character in list(corpus.unknown)[:SYMBOLS])
        print_stderr(f"{unknown:,} characters that the model does not know were not scored: {listed}")
    lines = [
        f"{name:<20}{result[name]:>12.6f}"
        for name in ("bits_per_character", "bits_per_byte", "nats_per_character", "perplexity")
    ]
    lines += [f"{name:<20}{result[name]:>12,}" for name in ("characters", "unknown_characters")]
    lines.append(f"{'seconds':<20}{result['seconds']:>12.2f}")
    print_text("\n".join(lines) + "\n")
