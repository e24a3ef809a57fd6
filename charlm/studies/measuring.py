"""What is measured after the training of a run, in addition to its score on the valid split. Knows no grid."""

from __future__ import annotations

import math
from typing import Any

from charlm.checkpoint import Checkpoint
from charlm.checkpoint.series import newest_whole
from charlm.errors import CheckpointError
from charlm.evaluation.answers import of_all, score_answers
from charlm.evaluation.recall import score_recall
from charlm.runs import Run
from charlm.studies.grid import Synthetic
from charlm.studies.preparing import TEST_LINES, TEST_SEED, PreparedTrial
from charlm.studies.task_texts import TaskText
from charlm.text.corpora.synthetic import recall_text

TEST_ANSWERS = 200  # lines that answers are measured on


def measure_recall(run: Run, prepared: PreparedTrial) -> dict[str, Any]:
    """The share of keys that the run's last checkpoint predicts on an unseen text, and the nats of the keys."""
    checkpoint, synthetic = _trained(run), prepared.trial.synthetic
    assert isinstance(synthetic, Synthetic)
    text = recall_text(synthetic.gap, TEST_LINES, TEST_SEED)
    found = score_recall(checkpoint.model, checkpoint.vocabulary, text)
    return {"accuracy": found.accuracy, "answer_nats": found.nats}


def measure_answers(run: Run, prepared: PreparedTrial) -> dict[str, Any]:
    """What the run's last checkpoint pays for the answers of unseen lines, of the sizes of the test, in nats a line.

    A run has failed if it pays more than halfway from the optimum to guessing.
    """
    checkpoint, synthetic = _trained(run), prepared.trial.synthetic
    assert isinstance(synthetic, TaskText)
    text, vocabulary = synthetic.test_text(TEST_ANSWERS, TEST_SEED), checkpoint.vocabulary
    end = checkpoint.record_end
    assert end is not None
    ids, scored = vocabulary.encode(text).ids, checkpoint.scored
    found = of_all(score_answers(checkpoint.model, ids, end, scored), scored)
    optimum = synthetic.optimal_bits(text)
    return {
        "sequence_nats": found.bits * math.log(2),
        "right": found.right,
        "optimum_nats": optimum * math.log(2),
        "failed": found.bits > (optimum + synthetic.guessing_bits(text)) / 2,
    }


def _trained(run: Run) -> Checkpoint:
    """The run's last checkpoint. Raises CheckpointError if there is none."""
    checkpoint, _ = newest_whole(run)
    if checkpoint is None:
        raise CheckpointError(f"The run {run.name} has no checkpoint", str(run.folder), "Run the study again.")
    return checkpoint
