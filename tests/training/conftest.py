"""Plans for small trainings."""

from __future__ import annotations

import pytest

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.runs import create
from charlm.text.corpus import open_corpus
from charlm.text.records import open_reader
from charlm.training.plan import TrainingPlan

STEPS = 12


@pytest.fixture
def plan_for(verse):
    """A function that gives a plan for twelve steps of a tiny model on `verse`, changed as asked, in a new run."""

    def plan(root, training=None, model=None, text=None, precision="fp32"):
        settings = Settings.model_validate(
            {
                "text": {"sources": [str(verse)], **(text or {})},
                "model": {"hidden_size": 8, **(model or {})},
                "training": {
                    "steps": STEPS, "batch_size": 4, "seq_len": 16, "validations": 3, "sample_every": 3600,
                    **(training or {}),
                },
            }
        )  # fmt: skip
        corpus = open_corpus(settings.text)
        chosen = settings.training
        end_id = corpus.vocabulary.newline if settings.text.records else None
        reader = open_reader(corpus.split("train"), chosen.batch_size, chosen.seq_len, end_id, chosen.seed)
        return TrainingPlan(
            settings, corpus, reader, create(root, None, "test", {}), Compute("cpu", precision, "a CPU", 1)
        )

    return plan
