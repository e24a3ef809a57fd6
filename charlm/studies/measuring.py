"""What is measured of a run when its training is over, beyond its score on the valid split. Knows no grid."""

from __future__ import annotations

from typing import Any

from charlm.checkpoint.series import newest_whole
from charlm.errors import CheckpointError
from charlm.evaluation.recall import score_recall
from charlm.runs import Run
from charlm.studies.preparing import ASKED_LINES, ASKED_SEED, Ready
from charlm.text.synthetic import recall_text


def recalled(run: Run, ready: Ready) -> dict[str, Any]:
    """How many keys the run's last checkpoint gives back on a text that it has not seen, and the nats of them."""
    checkpoint, _ = newest_whole(run)
    synthetic = ready.trial.synthetic
    if checkpoint is None or synthetic is None:
        raise CheckpointError(f"The run {run.name} has no checkpoint", str(run.folder), "Run the study again.")
    text = recall_text(synthetic.gap, ASKED_LINES, ASKED_SEED)
    found = score_recall(checkpoint.model, checkpoint.vocabulary, text)
    return {"accuracy": found.accuracy, "answer_nats": found.nats}
