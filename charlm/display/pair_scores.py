"""The scores of a model of pairs as tables. Knows only the values of `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from charlm.display.output import print_columns, print_table, print_text
from charlm.display.printing import print_stderr


def print_pair_scores(result: Mapping[str, Any], beam: int) -> None:
    """What was scored; the nats; what was written, beside baselines; right ones by the length of the source."""
    for note in result["notes"]:
        print_stderr(note)
    of = f"{result['text']}, {result['split']} split" if result["split"] else result["text"]
    nats, bits = result["nats_per_character"], result["bits_per_character"]
    print_columns(
        [
            ("model", f"{result['run']}, step {result['step']:,}, pairs {result['kind']}"),
            ("text", f"{of}: {result['pairs']:,} pairs, {result['characters']:,} characters of targets, ends included"),
            ("score", f"{bits:.4f} bits per character ({nats:.4f} nats)"),
        ]
    )
    print_text("\n")
    rows = [_row(name, match) for part in ("written", "baselines") for name, match in result[part].items()]
    heading = ["written by", "sources", "exact", "95 % interval", "edits per character"]
    print_table([heading, *rows], keys=1, right=heading[1:])
    if len(result["by_source_length"]) > 1:
        print_text("\n")
        heading = ["characters of the source", "sources", "exact"]
        bands = [
            [f"{band['from']} to {band['to']}", f"{band['sources']:,}", f"{band['exact']:.1%}"]
            for band in result["by_source_length"]
        ]
        print_table([heading, *bands], keys=1, right=heading[1:])


def _row(name: str, match: Mapping[str, Any]) -> list[str]:
    interval = f"{match['exact_low']:.1%} to {match['exact_high']:.1%}"
    return [
        name, f"{match['sources']:,}", f"{match['exact']:.1%}", interval, f"{match['edits_per_character']:.3f}"
    ]  # fmt: skip
