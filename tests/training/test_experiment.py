"""Begin and resume: who holds the lock, what is written, and that a resumed run ends as an uninterrupted one."""

from __future__ import annotations

import pytest
from runs_of_verse import STEPS, contents, settings_for, stop_after

from charlm.config.stored import from_yaml
from charlm.errors import BusyError, CheckpointError, TextError, UsageError
from charlm.kernels import library
from charlm.runs import latest_run, lock_run, read_metrics
from charlm.text.corpus import open_corpus
from charlm.training import memory
from charlm.training.events import Finished, Saved, Started, Updated
from charlm.training.experiment import begin, begin_or_resume, resume, with_decisions
from charlm.training.task_kinds import opened

pytestmark = pytest.mark.usefixtures("runs")


def trial(settings, runs, name):
    """As a study begins or resumes a trial."""
    corpus = open_corpus(settings.text)
    settings = with_decisions(settings, corpus)
    return begin_or_resume(opened(settings, corpus).task(settings), corpus, runs, name)


def is_locked(run):
    try:
        with lock_run(run):
            return False
    except BusyError:
        return True


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

    monkeypatch.setattr("charlm.training.language.validate", failing)
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
        trial(settings_for(text, **training), runs, "mine")
    assert not runs.exists()


def test_too_little_memory_leaves_nothing_behind(text, runs, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda compute: 1000)
    with pytest.raises(UsageError, match="GiB"):
        begin(settings_for(text), "mine")
    assert not runs.exists()


def test_a_run_becomes_the_latest_with_its_first_checkpoint(text, runs):
    list(begin(settings_for(text), "first"))
    with begin(settings_for(text), "second") as training:
        for event in training:
            assert latest_run(runs).name == ("second" if isinstance(event, Saved | Finished) else "first")
            if isinstance(event, Saved):
                break
    next(iter(resume("first", more="1")))
    assert latest_run(runs).name == "first"


def test_a_new_run_has_its_settings_from_the_first_moment(text, runs):
    with begin(settings_for(text), "mine") as training:
        assert from_yaml(training.run.config.read_text()) == training.settings
    assert not [path for path in runs.iterdir() if path.name.startswith(".")]


def test_a_text_without_records_leaves_nothing_behind(tmp_path, runs):
    path = tmp_path / "empty-lines.txt"
    path.write_text("\n" * 200)
    settings = settings_for(path)
    settings = settings.model_copy(update={"text": settings.text.model_copy(update={"records": True})})
    with pytest.raises(TextError, match="records"):
        begin(settings, "mine")
    assert not runs.exists()


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


def test_a_study_begins_a_trial_once_and_then_resumes_it(text, runs):
    settings = settings_for(text)
    with trial(settings, runs, "trial") as first:
        assert first.checkpoint is None
        list(first.events(stop_after(3)))
    with trial(settings, runs, "trial") as second:
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
        trial(settings, runs, "mine")
