"""What is measured after the training of a run, in addition to its score on the valid split. Knows no grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from charlm.checkpoint import Checkpoint
from charlm.checkpoint.series import newest_whole
from charlm.engines.choosing import run_with_numpy
from charlm.errors import CheckpointError
from charlm.evaluation.answers import of_all, score_answers
from charlm.evaluation.recall import score_recall
from charlm.latent.estimating import estimate
from charlm.pairs.pair_text import split_pairs
from charlm.pairs.report import score_pairs
from charlm.runs import Run
from charlm.studies.generated import RecallText
from charlm.studies.preparing import TEST_LINES, TEST_SEED, PreparedTrial
from charlm.studies.task_texts import TaskText
from charlm.text.corpora.synthetic import recall_text

TEST_ANSWERS = 200  # lines that answers are measured on
DRAWS = 1, 64  # draws of the latents for each line: with the second number the bound is tighter


def measure_recall(run: Run, prepared: PreparedTrial) -> dict[str, Any]:
    """The share of keys that the run's last checkpoint predicts on an unseen text, and the nats of the keys."""
    checkpoint, asked = _trained(run), prepared.trial.text
    assert isinstance(asked, RecallText)
    text = recall_text(asked.gap, TEST_LINES, TEST_SEED)
    found = score_recall(checkpoint.model, checkpoint.vocabulary, text)
    return {"accuracy": found.accuracy, "answer_nats": found.nats}


def measure_answers(run: Run, prepared: PreparedTrial) -> dict[str, Any]:
    """What the run's last checkpoint pays for the answers of unseen lines, of the sizes of the test, in nats a line.

    A run has failed if it pays more than halfway from the optimum to guessing.
    """
    checkpoint, task = _trained(run), prepared.trial.text
    assert isinstance(task, TaskText)
    text, vocabulary = task.test_text(TEST_ANSWERS, TEST_SEED), checkpoint.vocabulary
    end = checkpoint.record_end
    assert end is not None
    ids, scored = vocabulary.encode(text).ids, checkpoint.scored
    found = of_all(score_answers(checkpoint.model, ids, end, scored), scored)
    optimum = task.optimal_bits(text)
    return {
        "sequence_nats": found.bits * math.log(2),
        "right": found.right,
        "optimum_nats": optimum * math.log(2),
        "failed": found.bits > (optimum + task.guessing_bits(text)) / 2,
    }


def measure_pairs(run: Run, prepared: PreparedTrial) -> dict[str, Any]:
    """How the targets that the run's last checkpoint writes, greedily, compare with those of the valid split."""
    checkpoint = _trained(run)
    pairs = split_pairs(prepared.corpus, prepared.trial.settings.text).split("valid")
    found = score_pairs(
        checkpoint.pair_model, checkpoint.vocabulary, pairs, None, 1, run_with_numpy, lambda said: None
    ).matches["greedy"]
    return {"accuracy": found.exact.share, "edits_per_character": found.edits_per_character}


def measure_bound(run: Run, prepared: PreparedTrial) -> dict[str, Any]:
    """The bound of the valid split with as many draws as DRAWS has, in nats per character; exact without latents."""
    checkpoint, valid = _trained(run), prepared.corpus.split("valid")
    if checkpoint.latent_kind is None:
        return {}
    end = checkpoint.record_end
    assert end is not None
    found = estimate(checkpoint.latent_model, valid, end, DRAWS)
    one, many = (found.nats[draws] / found.characters for draws in DRAWS)
    return {"nats": many, "draw_nats": one, "divergence_nats": found.divergence / found.characters}


# What is measured after a training, by the name of the measure; `valid` is what the training itself has measured.
MEASURED: Mapping[str, Callable[[Run, PreparedTrial], dict[str, Any]]] = {
    "valid": lambda run, prepared: {},
    "recall": measure_recall,
    "answers": measure_answers,
    "pairs": measure_pairs,
    "bound": measure_bound,
}


def _trained(run: Run) -> Checkpoint:
    """The run's last checkpoint. Raises CheckpointError if there is none."""
    checkpoint, _ = newest_whole(run)
    if checkpoint is None:
        raise CheckpointError(f"The run {run.name} has no checkpoint", str(run.folder), "Run the study again.")
    return checkpoint
