"""`charlm sample` by likelihood: the models of an ensemble, and what each character's probability was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.sampling.loop.generation import Model, Read
    from charlm.text.vocabulary import Vocabulary

ALTERNATIVES = 5


def open_others(checkpoint: Checkpoint, runs: Sequence[str]) -> list[Checkpoint]:
    """The checkpoints of an ensemble's other runs. Raises CheckpointError if one does not fit to the first."""
    from charlm.checkpoint.same_symbols import require_same_symbols
    from charlm.cli.opening import open_named

    others = [open_named(run, "charlm sample --ensemble {run}") for run in runs]
    for other in others:
        require_same_symbols(checkpoint, other)
    return others


def described(model: Model[Any], after: Read[Any], ids: Sequence[int], vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """Each symbol of a text with its log-probability and its alternatives, as values for JSON."""
    from charlm.sampling.many.likelihood import choices

    def named(symbol: int) -> dict[str, Any]:
        known = vocabulary.symbols[symbol]
        return {"byte": ord(known)} if vocabulary.unit == "byte" else {"text": known}

    return [
        {
            **named(choice.id),
            "logprob": choice.logprob,
            "alternatives": [{**named(other), "logprob": logprob} for other, logprob in choice.alternatives],
        }
        for choice in choices(model, after, ids, ALTERNATIVES)
    ]
