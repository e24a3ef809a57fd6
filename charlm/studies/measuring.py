"""What is measured after the training of a run, in addition to its score on the valid split. Knows no grid."""

from __future__ import annotations

from typing import Any

from charlm.checkpoint.series import newest_whole
from charlm.errors import CheckpointError
from charlm.evaluation.recall import score_recall
from charlm.runs import Run
from charlm.studies.preparing import TEST_LINES, TEST_SEED, PreparedTrial
from charlm.text.corpora.synthetic import recall_text


def measure_recall(run: Run, prepared: PreparedTrial) -> dict[str, Any]:
    """The share of keys that the run's last checkpoint predicts on an unseen text, and the nats of the keys."""
    checkpoint, _ = newest_whole(run)
    synthetic = prepared.trial.synthetic
    if checkpoint is None or synthetic is None:
        raise CheckpointError(f"The run {run.name} has no checkpoint", str(run.folder), "Run the study again.")
    text = recall_text(synthetic.gap, TEST_LINES, TEST_SEED)
    found = score_recall(checkpoint.model, checkpoint.vocabulary, text)
    return {"accuracy": found.accuracy, "answer_nats": found.nats}
