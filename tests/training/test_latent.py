"""Models with latent variables in training."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.latent.lines import lines_of
from charlm.training.events import Finished, Saved, Started, Updated, Validated
from charlm.training.experiment import begin, resume
from charlm.training.latent_trainer import LatentTrainer

NAMES = [f"{first}{middle}{last}" for first in "ABDEK" for middle in ("an", "li", "ust") for last in ("a", "n", "is")]


@pytest.fixture
def names(tmp_path, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    path = tmp_path / "names.txt"
    path.write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    return path


def settings_for(names, kind, training=None, **latent):
    return Settings.model_validate({
        "text": {"sources": [str(names)], "splits": [0.8, 0.2, 0.0]},
        "model": {"hidden_size": 8, "num_layers": 1, "dropout": 0.1, "latent": {"kind": kind, "size": 3, **latent}},
        "training": {
            "batch_size": 8, "steps": 12, "validations": 2, "average": 0.9, "sample_length": 0, "threads": 1,
            "device": "cpu", "save_every": 1000.0, **(training or {}),
        },
    })  # fmt: skip


def newest_arrays(run):
    folder = run.checkpoints[-1]
    return {
        f"{file.name} {name}": value for file in folder.glob("*.safetensors") for name, value in load_file(file).items()
    }


@pytest.mark.parametrize(
    ("kind", "latent"), [("line", {}), ("srnn", {"z_forcing": 0.1}), ("draw", {"canvas": 8, "rounds": 3})]
)
def test_a_training_that_was_interrupted_ends_with_the_same_bits(names, kind, latent):
    whole = begin(settings_for(names, kind, **latent), "whole")
    events = list(whole)
    parts = begin(settings_for(names, kind, **latent), "parts")
    asked = iter([False] * 4 + [True])
    assert list(parts.events(lambda: next(asked)))[-1].reason == "signal"
    more = list(resume("parts"))
    assert next(event for event in more if isinstance(event, Started)).resumed_at == 5
    one, other = newest_arrays(whole.run), newest_arrays(parts.run)
    assert one.keys() == other.keys()
    assert [name for name in one if not np.array_equal(one[name], other[name])] == []
    scores = [[event.nats for event in each if isinstance(event, Validated)] for each in (events, more)]
    assert scores[0][-1] == scores[1][-1]


def test_a_training_learns_and_its_scores_are_bounds(names):
    events = list(begin(settings_for(names, "vrnn", {"steps": 60, "learning_rate": 1e-2, "average": 0.0}), "mine"))
    started, finished = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    assert started.bounded
    assert finished.bounded
    updates = [event.nats for event in events if isinstance(event, Updated)]
    assert updates[-1] < 0.8 * updates[0]
    assert any(isinstance(event, Saved) for event in events)
    assert started.precision == "fp32"


def trainer_for(kind, **latent):
    settings = settings_for("names.txt", kind, **latent)
    return LatentTrainer(settings, 9, Compute("cpu", "fp32", "a CPU", 1))


def test_the_weight_of_kl_rises_over_the_first_quarter():
    trainer = trainer_for("line")
    assert [trainer.beta(done) for done in (0, 0.125, 0.25, 1)] == [0, 0.5, 1, 1]
    assert trainer_for("line", beta_warmup=0.0).beta(0.0) == 1
    assert trainer_for("draw").beta(0.375) == 0.5
    assert trainer_for("line", free_nats=0.25).free_nats == 0.25


def test_of_a_line_the_decoder_does_not_see_all_symbols_but_its_beginning():
    trainer = trainer_for("line", input_dropout=0.5)
    ids = torch.ones(6, 40, dtype=torch.int64)
    heard = trainer._heard(lines_of(ids, ids, torch.zeros(1))).before
    assert (heard[0] == 1).all()
    assert 0.3 < float((heard[1:] == 9).float().mean()) < 0.7
    lines = lines_of(ids, ids, torch.zeros(1))
    assert trainer_for("vrnn")._heard(lines) is lines


def test_another_batch_size_goes_on_at_the_same_share_of_the_epoch(names):
    list(begin(settings_for(names, "line"), "mine"))
    changed = resume("mine", ["training.batch_size=4"], more="3")
    assert [event.step for event in changed if isinstance(event, Updated)] == [13, 14, 15]
