"""A training on pairs: resumed bit for bit, validated, previewed; what its kinds and options change."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import charlm
from charlm.checkpoint import load_training_arrays
from charlm.checkpoint.series import newest_whole
from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines.choosing import run_with_numpy
from charlm.pairs.pair_lanes import lanes_of
from charlm.pairs.pair_text import open_pairs
from charlm.pairs.scoring import pair_nats
from charlm.runs import create_run, open_run, runs_root
from charlm.training.events import Finished, Sampled, Updated, Validated
from charlm.training.experiment import begin, resume
from charlm.training.loop import train
from charlm.training.pairs import PairTask
from charlm.training.plan import TrainingPlan

STEPS = 14
KINDS = {
    "joined": {"kind": "joined"},
    "encoder": {"kind": "encoder", "both_ways": True},
    "additive": {"kind": "attending", "gate": True, "coverage": 0.5},
    "general": {"kind": "attending", "score": "general", "mean_start": True},
}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    words = ["".join(word) for n in (1, 2, 3) for word in itertools.product("abc", repeat=n)]
    path = tmp_path_factory.mktemp("pairs") / "reverse.tsv"
    path.write_text("".join(f"{word}\t{word[::-1]}\n" for word in words))
    return path


def settings_for(text, kind="additive", **training):
    model = {"hidden_size": 6, "num_layers": 1, "dropout": 0.2, "pairs": KINDS[kind]}
    training = {"steps": STEPS, "batch_size": 8, "validations": 2, "average": 0.9, "sample_every": 3600, **training}
    return Settings.model_validate({"text": {"sources": [str(text)]}, "model": model, "training": training})


def plan_for(root, text, kind="additive", **training):
    settings = settings_for(text, kind, **training)
    pairs = open_pairs(settings.text)
    task = PairTask(settings, pairs, lanes_of(pairs, settings), Compute("cpu", "fp32", "a CPU", 1))
    return TrainingPlan(task, create_run(root, None, "pairs", {}))


def kept_in(run):
    """All numbers of the newest checkpoint, as bytes."""
    checkpoint, wrong = newest_whole(run)
    assert not wrong
    arrays = {**checkpoint.parameters, **{f"t {n}": v for n, v in load_training_arrays(checkpoint.folder).items()}}
    progress = {name: value for name, value in checkpoint.training.items() if "seconds" not in name}
    return {name: value.tobytes() for name, value in arrays.items()} | {"progress": progress}


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_that_was_stopped_and_resumed_gives_the_same_bits(tmp_path, text, kind):
    whole = plan_for(tmp_path / "whole", text, kind)
    list(train(whole))
    parts = plan_for(tmp_path / "parts", text, kind)
    for stop in (3, 5, 100):
        count = itertools.count(1)
        checkpoint, _ = newest_whole(parts.run)
        list(train(parts, checkpoint, stop=lambda count=count, stop=stop: next(count) == stop))
    assert kept_in(parts.run) == kept_in(whole.run)


def test_a_training_that_was_killed_goes_on_from_its_checkpoint_with_the_same_bits(tmp_path, text):
    whole = plan_for(tmp_path / "whole", text)
    list(train(whole))
    killed = plan_for(tmp_path / "killed", text, save_every=1e-6)
    events = train(killed)
    for event in events:
        if isinstance(event, Updated) and event.step == 6:
            break  # neither saved nor ended
    events.close()
    checkpoint, _ = newest_whole(killed.run)
    assert checkpoint.step == 5
    list(train(killed, checkpoint))
    assert kept_in(killed.run) == kept_in(whole.run)


def test_the_validation_score_is_that_of_the_checkpoint(tmp_path, text):
    plan = plan_for(tmp_path, text)
    last = [event for event in train(plan) if isinstance(event, Validated)][-1]
    checkpoint, _ = newest_whole(plan.run)
    valid = plan.task.pairs.split("valid")
    nats = pair_nats(checkpoint.pair_model, valid, checkpoint.vocabulary, run_with_numpy).sum()
    assert last.characters == valid.characters
    assert last.nats == pytest.approx(nats / valid.characters, abs=1e-5)
    assert checkpoint.text.longest_source == 3


def test_a_preview_shows_pairs(tmp_path, text):
    shown = [event.text for event in train(plan_for(tmp_path, text, sample_every=1e-6)) if isinstance(event, Sampled)]
    assert shown
    assert all(" -> " in line for line in shown[-1].splitlines())


def test_a_run_begins_and_is_resumed_with_another_batch_size(tmp_path, text, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path))
    events = list(begin(settings_for(text), "mine"))
    assert isinstance(events[-1], Finished)
    resumed = resume("mine", ["training.batch_size=4"], more="3")
    assert [event.step for event in resumed if isinstance(event, Updated)] == [STEPS + 1, STEPS + 2, STEPS + 3]


def test_a_run_from_another_one_that_has_no_checkpoint_yet_starts_from_its_weights_again(tmp_path, text, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path))
    list(begin(settings_for(text), "first"))
    more = {"steps": 3, "batch_size": 8, "device": "cpu", "sample_length": 0}
    other = tmp_path / "other.tsv"
    other.write_text(text.read_text().replace("c", "d"))
    whole = charlm.train(other, run="whole", start_from="first/last", **more)
    assert isinstance(list(whole)[-1], Finished)
    charlm.train(other, run="mine", start_from="first/last", **more).close()
    list(resume("mine"))
    assert kept_in(open_run(runs_root(), "mine")) == kept_in(whole.run)


def test_the_library_trains_pairs(tmp_path, text, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path))
    training = charlm.train(text, pairs={"kind": "encoder"}, steps=2, hidden_size=6, device="cpu")
    assert training.settings.training.learning_rate == 4e-3, "of the preset pairs"
    assert isinstance(list(training)[-1], Finished)
    assert training.run.name == "reverse-lstm-encoder-1"


def test_without_validation_pairs_there_is_no_score(tmp_path, text):
    settings = settings_for(text)
    settings = settings.model_copy(update={"text": settings.text.model_copy(update={"splits": (1.0, 0.0, 0.0)})})
    pairs = open_pairs(settings.text)
    task = PairTask(settings, pairs, lanes_of(pairs, settings), Compute("cpu", "fp32", "a CPU", 1))
    events = list(train(TrainingPlan(task, create_run(tmp_path, None, "pairs", {}))))
    assert not any(isinstance(event, Validated) for event in events)


def test_coverage_is_in_the_gradient_and_not_in_the_score(tmp_path, text):
    scores = []
    for weight in (0.0, 5.0):
        settings = settings_for(text)
        pairs = settings.model.pairs.model_copy(update={"coverage": weight})
        settings = settings.model_copy(update={"model": settings.model.model_copy(update={"pairs": pairs})})
        opened = open_pairs(settings.text)
        task = PairTask(settings, opened, lanes_of(opened, settings), Compute("cpu", "fp32", "a CPU", 1))
        trainee = task.begin()
        scores.append([trainee.update(position, 1e-2, 0.0).nats for position in range(4)])
    assert scores[0][0] == scores[1][0]
    assert scores[0][-1] != scores[1][-1]  # where attention is even, the penalty has no slope
    assert np.isfinite(scores).all()
