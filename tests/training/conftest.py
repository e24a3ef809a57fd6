"""Plans of small trainings, and a folder of runs of a test's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.runs import create_run
from charlm.text.corpus import open_corpus
from charlm.training.language import LanguageTask
from charlm.training.plan import TrainingPlan, train_reader

STEPS = 12


@pytest.fixture
def plan_for(verse):
    """A function that plans a training of STEPS steps of a tiny model on `verse`, in a new run under `root`."""

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
        reader = train_reader(settings, corpus)
        task = LanguageTask(settings, corpus, reader, Compute("cpu", precision, "a CPU", 1))
        return TrainingPlan(task, create_run(root, None, "test", {}))

    return plan


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def text(tmp_path, verse):
    """A text of this test's own, which it may change."""
    path = tmp_path / "text.txt"
    path.write_bytes(verse.read_bytes())
    return path
