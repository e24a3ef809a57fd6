"""A model that has read a text and learned from it, for `charlm sample --adapt`. Knows no command."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint


def check_adapting(file: str | None, rate: float | None) -> None:
    """Raise UsageError for a rate that cannot be, or that is for nothing."""
    from charlm.cli.predictors import check_rate
    from charlm.errors import UsageError

    if rate is not None and file is None:
        raise UsageError(
            "--adapt-rate says how a model adapts", "--adapt-rate", "Give the text to adapt to: --adapt FILE"
        )
    check_rate(rate)


def adapted_to(checkpoint: Checkpoint, file: str, rate: float | None) -> Checkpoint:
    """The checkpoint with weights that have learned from a text, once from its beginning to its end.

    Nothing is written. Raises TextError if the text cannot be read, or is too short or too long, DivergedError for a
    rate that is too high.
    """
    from charlm.adaptation.whole_text import learned
    from charlm.checkpoint.other_text import open_other_text
    from charlm.display.progress import WatchedReading
    from charlm.display.waiting import Waiting
    from charlm.evaluation.predicting import in_order

    with Waiting("reading the text to adapt to") as line:
        ids = open_other_text(checkpoint, [file]).ids
        end = checkpoint.record_end
        ids = ids if end is None else in_order(ids, end)
        tell = WatchedReading("adapting to", len(ids), line).done
        parameters = learned(checkpoint.model, ids, end, f"--adapt {file}", rate, tell)
    return replace(checkpoint, parameters=parameters)
