"""A model that has read a text and learned from it, for `charlm sample --adapt`. Knows no command."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint

MOST = 2_000_000  # characters that are read: some minutes


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

    The scales of the rule come from this text: none is scored here, so it need not be kept apart. Nothing is written.
    Raises TextError if the text cannot be read, or is too short or too long, DivergedError for a rate that is too high.
    """
    from charlm.cli.predictors import Adapting
    from charlm.cli.scored_text import given_text
    from charlm.display.progress import WatchedReading
    from charlm.display.waiting import Waiting
    from charlm.errors import TextError
    from charlm.evaluation.predicting import in_order, read_nats
    from charlm.text.length import require_two
    from charlm.text.records.record_lanes import record_end_id

    with Waiting("reading the text to adapt to") as line:
        corpus = given_text(checkpoint, [file], None, "skip")
        require_two(corpus.ids.size, "The text to adapt to", corpus.name)
        if corpus.ids.size > MOST:
            what = f"The text to adapt to has {corpus.ids.size:,} characters, and {MOST:,} are the most"
            raise TextError(what, f"--adapt {file}", f"Train on it: charlm train {file} --from {checkpoint.run_name}")
        end = record_end_id(checkpoint.settings.text, checkpoint.vocabulary)
        ids = corpus.ids if end is None else in_order(corpus.ids, end)
        adapting = Adapting(rate).model(checkpoint, ids, end)
        read_nats(adapting, ids, WatchedReading("adapting to", len(ids), line).scored)
    return replace(checkpoint, parameters=adapting.parameters())
