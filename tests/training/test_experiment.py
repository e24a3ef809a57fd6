"""Begin and resume: who holds the lock, what is written, and that a resumed run ends as an uninterrupted one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from charlm.checkpoint import load_checkpoint, load_training_arrays
from charlm.config.settings import Settings
from charlm.errors import BusyError, CheckpointError, UsageError
from charlm.kernels import library
from charlm.runs import latest_run, lock_run, read_metrics
from charlm.text.corpus import open_corpus
from charlm.training import memory
from charlm.training.events import Finished, Started, Updated
from charlm.training.experiment import CHANGEABLE, begin, begin_or_resume, reopen, resume

STEPS = 8
TIMES = {"seconds", "validation_seconds"}


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("CHARLM_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def text(tmp_path, verse):
    """A text of this test's own, which it may change."""
    path = tmp_path / "text.txt"
    path.write_bytes(verse.read_bytes())
    return path


def settings_for(text, **training):
    return Settings.model_validate(
        {
            "text": {"sources": [str(text)]},
            "model": {"hidden_size": 8, "num_layers": 1, "dropout": 0.2},
            "training": {
                "steps": STEPS, "batch_size": 4, "seq_len": 16, "validations": 2, "sample_length": 0,
                "device": "cpu", "precision": "fp32", **training,
            },
        }
    )  # fmt: skip


def stop_after(steps):
    count = itertools.count(1)
    return lambda: next(count) == steps


def is_locked(run):
    try:
        with lock_run(run):
            return False
    except BusyError:
        return True


def contents(run):
    """Everything in the newest checkpoint but the times."""
    checkpoint = load_checkpoint(run.pointed("last"))
    arrays = {**checkpoint.parameters, **load_training_arrays(checkpoint.folder)}
    progress = {name: value for name, value in checkpoint.training.items() if name not in TIMES}
    return {name: (value.dtype, value.tobytes()) for name, value in arrays.items()}, progress, checkpoint.scores


# The lock


def test_the_run_is_locked_from_begin_to_the_end_of_the_iteration(text):
    training = begin(settings_for(text), "mine")
    assert is_locked(training.run)
    for _ in training:
        assert is_locked(training.run)
    assert not is_locked(training.run)


def test_a_locked_run_is_not_resumed(text):
    with begin(settings_for(text), "mine"), pytest.raises(BusyError, match="mine"):
        resume("mine")


def test_close_releases_the_lock_and_a_closed_training_does_not_train(text):
    training = begin(settings_for(text), "mine")
    training.close()
    assert not is_locked(training.run)
    with pytest.raises(UsageError, match="closed"):
        next(iter(training))
    assert not training.run.checkpoints


def test_closing_during_the_iteration_ends_it(text):
    training = begin(settings_for(text), "mine")
    events = iter(training)
    next(events)
    training.close()
    assert not is_locked(training.run)
    assert list(events) == []


def test_a_training_is_iterated_once(text):
    training = begin(settings_for(text), "mine")
    before = list(training)
    with pytest.raises(UsageError, match="closed") as caught:
        list(training)
    assert "resume('mine'" in caught.value.remedy
    assert isinstance(before[-1], Finished)


def test_leaving_the_loop_early_releases_the_lock(text):
    training = begin(settings_for(text, save_every=1e-6), "mine")
    for event in training:
        if isinstance(event, Updated) and event.step == 3:
            break
    assert not is_locked(training.run)
    with resume("mine") as resumed:
        assert resumed.checkpoint.step == 2  # step 3 was not saved yet


def test_an_error_in_the_middle_releases_the_lock(text, monkeypatch):
    def failing(*given):
        raise MemoryError

    monkeypatch.setattr("charlm.training.loop.validate", failing)
    training = begin(settings_for(text), "mine")
    with pytest.raises(UsageError, match="memory of cpu ran out"):
        list(training)
    assert not is_locked(training.run)


def test_a_refused_resumption_releases_the_lock(text):
    training = begin(settings_for(text), "mine")
    list(training)
    with pytest.raises(UsageError):
        resume("mine", ["model.hidden_size=9"])
    assert not is_locked(training.run)


# What is written


def test_an_unknown_level_of_the_kernels_leaves_nothing_behind(text, runs, monkeypatch):
    monkeypatch.setenv("CHARLM_KERNELS", "no-such-level")
    library.cache_clear()
    try:
        with pytest.raises(UsageError, match="no-such-level"):
            begin(settings_for(text))
    finally:
        library.cache_clear()
    assert not runs.exists()


@pytest.mark.parametrize("training", [{"device": "cuda:99"}, {"device": "cpu", "precision": "fp16"}])
def test_a_refused_device_leaves_nothing_behind(text, runs, training):
    with pytest.raises(UsageError):
        begin(settings_for(text, **training), "mine")
    with pytest.raises(UsageError):
        begin_or_resume(settings_for(text, **training), open_corpus(settings_for(text).text), runs, "mine")
    assert not runs.exists()


def test_too_little_memory_leaves_nothing_behind(text, runs, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda compute: 1000)
    with pytest.raises(UsageError, match="GiB"):
        begin(settings_for(text), "mine")
    assert not runs.exists()


def test_a_run_becomes_the_latest_when_it_starts(text, runs):
    list(begin(settings_for(text), "first"))
    with begin(settings_for(text), "second") as training:
        assert latest_run(runs).name == "first"
        next(iter(training))
        assert latest_run(runs).name == "second"


def test_a_run_without_a_name_is_named_after_its_text_and_cell(text):
    with begin(settings_for(text)) as training:
        assert training.run.name == "text-lstm-1"


def test_metrics_after_the_checkpoint_are_written_anew(text):
    training = begin(settings_for(text, save_every=1e-6), "mine")
    for event in training:
        if isinstance(event, Updated) and event.step == 6:
            break
    list(resume("mine"))
    updates = [row["step"] for row in read_metrics(training.run.metrics) if row["event"] == "updated"]
    assert updates == list(range(1, STEPS + 1))


# Resuming


@pytest.mark.parametrize("cut", [1, 4, 7])
def test_a_resumed_run_ends_as_an_uninterrupted_one(text, cut):
    whole = begin(settings_for(text), "whole")
    list(whole)
    first = begin(settings_for(text), "parts")
    assert list(first.events(stop_after(cut)))[-1].reason == "signal"
    second = resume("parts")
    assert second.checkpoint.step == cut
    events = list(second)
    assert isinstance(events[0], Started)
    assert events[0].resumed_at == cut
    assert contents(second.run) == contents(whole.run)


def test_the_latest_run_is_resumed_and_may_train_longer(text):
    list(begin(settings_for(text), "mine"))
    longer = resume(None, ["training.validations=4"], {"training.steps": STEPS + 2})
    assert longer.run.name == "mine"
    assert list(longer)[-1].step == STEPS + 2
    with resume("mine") as again:  # the changes are kept in the run's settings
        assert again.settings.training.steps == STEPS + 2


def test_a_study_begins_a_trial_once_and_then_resumes_it(text, runs):
    settings = settings_for(text)
    corpus = open_corpus(settings.text)
    with begin_or_resume(settings, corpus, runs, "trial") as first:
        assert first.checkpoint is None
        list(first.events(stop_after(3)))
    with begin_or_resume(settings, corpus, runs, "trial") as second:
        assert second.checkpoint.step == 3
        list(second)
    whole = begin(settings, "whole")
    list(whole)
    assert contents(second.run) == contents(whole.run)
    assert latest_run(runs).name == "whole"  # trials do not become the latest run


def test_a_changed_text_is_refused(text, runs):
    settings = settings_for(text)
    list(begin(settings, "mine"))
    text.write_text(text.read_text().replace("owl", "cat"))
    with pytest.raises(CheckpointError, match="no longer the one"):
        resume("mine")
    with pytest.raises(CheckpointError, match="no longer the one"):
        begin_or_resume(settings, open_corpus(settings.text), runs, "mine")


@pytest.mark.parametrize("change", ["model.cell=gru", "model.hidden_size=9", "training.seed=2", "text.records=true"])
def test_a_change_to_another_model_or_training_is_refused(text, change):
    list(begin(settings_for(text), "mine"))
    with pytest.raises(UsageError) as caught:
        resume("mine", [change])
    assert f"cannot change {change.partition('=')[0]}" in caught.value.what
    assert all(name in caught.value.remedy for name in CHANGEABLE)


def test_a_run_without_a_checkpoint_is_not_resumed(text):
    for _ in begin(settings_for(text), "mine"):
        break
    with pytest.raises(CheckpointError, match="no checkpoint that is whole"):
        resume("mine")


def test_reopen_finds_the_newest_whole_checkpoint_and_notes_the_damaged_one(text):
    training = begin(settings_for(text, save_every=1e-6, keep=3), "mine")
    list(training)
    newest = training.run.checkpoints[-1]
    (newest / "training.safetensors").write_bytes(b"")
    with lock_run(training.run):
        found = reopen(training.run)
    assert found.checkpoint.folder == training.run.checkpoints[-2]
    assert newest.name in found.notes[0]
    np.testing.assert_array_equal(found.corpus.ids, training.corpus.ids)
