"""Facts about a run and about a trained model, as rows of a card in a notebook. Knows no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charlm.display.run_tables import run_rows
from charlm.display.units import at_most, in_bits

if TYPE_CHECKING:
    from charlm.checkpoint import Checkpoint
    from charlm.runs.summary import RunSummary

Row = tuple[str, str]
OF_A_RUN = ("text", "from", "chosen", "trained", "valid", "train", "folder")  # of the rows of `charlm runs show`


def run_state_rows(run: RunSummary) -> list[Row]:
    """What a run was trained on, how far, and its scores."""
    rows = {row[0]: row[1] for row in run_rows(run, {}, run.name)}
    return [(name, rows[name]) for name in OF_A_RUN if name in rows]


def checkpoint_rows(checkpoint: Checkpoint) -> list[Row]:
    """What a model was trained on, its size, its step and its scores."""
    text, scores = checkpoint.text, checkpoint.scores
    mark = at_most(checkpoint.latent_kind is not None)
    measured = (("valid", scores.valid_nats), ("train", scores.train_nats))
    return [
        ("text", f"{text.name}, {text.characters:,} characters"),
        ("model", f"{checkpoint.parameter_count:,} parameters, {checkpoint.vocabulary.size} symbols"),
        ("step", f"{checkpoint.step:,}"),
        *(
            (name, f"{mark}{in_bits(nats):.3f} bits per character ({nats:.4f} nats)")
            for name, nats in measured
            if nats is not None
        ),
    ]
