"""Whether models can predict together: their ids must mean the same symbols. Knows no model's weights."""

from __future__ import annotations

from charlm.checkpoint.contents import Checkpoint
from charlm.errors import CheckpointError


def require_same_symbols(first: Checkpoint, other: Checkpoint) -> None:
    """Raise CheckpointError if the ids of two models mean different symbols, or end different records."""
    one, two = first.vocabulary, other.vocabulary
    names = f"{first.run_name} {other.run_name}"
    if one.fingerprint == two.fingerprint:
        if first.record_end == other.record_end:
            return
        why = f"of {first.run_name} and {other.run_name}, one is a model of records, and the other is none of the same"
    elif one.unit != two.unit:
        why = f"{first.run_name} reads {one.unit}s, {other.run_name} {two.unit}s"
    else:
        apart = sorted(set(one.symbols) ^ set(two.symbols))
        shown = ", ".join(repr(symbol) for symbol in apart[:8]) + (", ..." if len(apart) > 8 else "")
        why = f"{first.run_name} has {one.size} symbols, {other.run_name} {two.size}; only one of them has {shown}"
    raise CheckpointError(
        "Models that are mixed must have the same symbols",
        why,
        f"Train one on the other's text, or compare their scores: charlm eval compare {names} --text TEXT",
    )
