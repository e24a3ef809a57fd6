"""What a run is resumed from: longer or shorter, from a moved text, at another rate, or without any checkpoint."""

from __future__ import annotations

import pytest
from runs_of_verse import STEPS, contents, settings_for, stop_after

from charlm.checkpoint import load_checkpoint
from charlm.checkpoint.moved import Moved
from charlm.errors import CheckpointError, TextError, UsageError
from charlm.runs import lock_run, read_metrics
from charlm.training.events import Finished, Saved, Started, Updated, Validated
from charlm.training.experiment import begin, resume
from charlm.training.resuming import CHANGEABLE, Asked, reopen
from charlm.training.run_text import open_run_text

pytestmark = pytest.mark.usefixtures("runs")

WITHOUT_COURSE = {"schedule": "constant", "warmup": 0.0}  # the rate does not depend on the length


@pytest.fixture
def finished(text):
    """A run that has trained to its end."""
    training = begin(settings_for(text), "mine")
    list(training)
    return training.run


def of_type(kind, events):
    return [event for event in events if isinstance(event, kind)]


# Longer and shorter


@pytest.mark.parametrize(
    ("asked", "steps"),
    [
        ({"more": "3"}, STEPS + 3),
        ({"more": "1step"}, STEPS + 1),
        ({"options": {"training.steps": STEPS + 5}}, STEPS + 5),
        ({"overrides": [f"training.steps={STEPS + 5}", "training.validations=4"]}, STEPS + 5),
    ],
)
def test_a_run_that_is_made_longer_validates_at_its_end(finished, asked, steps):
    before = load_checkpoint(finished.pointed("best")).scores.valid_nats
    events = list(resume("mine", **asked))
    scores = of_type(Validated, events)
    assert scores[-1].step == events[-1].step == steps
    best = load_checkpoint(finished.pointed("best"))
    assert best.scores.valid_nats == min([before, *(score.nats for score in scores)])
    assert load_checkpoint(finished.pointed("last")).step == steps


def test_a_run_that_is_made_shorter_validates_at_its_end(text):
    list(begin(settings_for(text, steps=1000), "mine").events(stop_after(5)))
    events = list(resume("mine", options={"training.steps": 7}))
    assert of_type(Validated, events)[-1].step == events[-1].step == 7


def test_a_finished_run_trains_on_for_a_time_and_serves_its_new_best(finished):
    events = list(resume("mine", options={"training.budget": "1s"}, overrides=["training.learning_rate=0.05"]))
    scores = of_type(Validated, events)
    assert scores[-1].step == events[-1].step > STEPS
    best = load_checkpoint(finished.pointed("best"))
    assert best.step > STEPS
    assert best.scores.valid_nats == min(score.nats for score in scores)


def test_more_epochs_and_more_time_become_totals(finished):
    with resume("mine", more="2epochs") as training:
        characters = training.checkpoint.training["characters"]
        assert training.settings.training.epochs == 2 + characters / training.task.reader.characters_per_epoch
        assert training.settings.training.steps is None
    with resume("mine", more="5m") as training:
        assert training.settings.training.budget == 300 + training.checkpoint.training["seconds"]


@pytest.mark.parametrize("more", ["", "0", "-3", "1.5", "soon", "3 apples", "nan", "1e9", "5d", "9" * 13])
def test_an_unreadable_more_is_refused_with_its_forms(finished, more):
    with pytest.raises(UsageError, match="--more cannot be") as caught:
        resume("mine", more=more)
    assert "2epochs" in caught.value.remedy


@pytest.mark.parametrize("more", ["9999999999", "9999999epochs", "9999999h"])
def test_more_than_a_training_may_have_is_refused(finished, more):
    with pytest.raises(UsageError, match="too long"):
        resume("mine", more=more)


def test_more_and_a_total_are_refused_together(finished):
    for asked in ({"options": {"training.steps": 99}}, {"overrides": ["training.epochs=3"]}):
        with pytest.raises(UsageError, match="totals"):
            resume("mine", more="3", **asked)


def test_a_patient_end_is_refused_with_two_ways_to_go_on(text):
    settings = settings_for(text, learning_rate=5.0, steps=400, validations=100, patience=3, **WITHOUT_COURSE)
    assert list(begin(settings, "mine"))[-1].reason == "patience"
    with pytest.raises(UsageError, match="3 validations in a row") as caught:
        resume("mine")
    assert "--more 400" in caught.value.remedy
    assert "-s training.patience=6" in caught.value.remedy
    events = list(resume("mine", more="20"))
    assert of_type(Updated, events)


def test_the_settings_change_only_when_training_does(finished):
    before = finished.config.read_text(), finished.mark, finished.metrics.read_text()
    for asked in ({}, {"options": {"training.steps": 3}}, {"overrides": ["training.seed=5"]}):
        with pytest.raises(UsageError):
            resume("mine", **asked)
    resume("mine", more="5").close()
    next(iter(resume("mine", more="5")))
    assert (finished.config.read_text(), finished.mark, finished.metrics.read_text()) == before
    list(resume("mine", more="5"))
    assert f"steps: {STEPS + 5}\n" in finished.config.read_text()


def test_a_longer_run_is_the_one_that_was_longer_from_the_start(text):
    """For a rate that does not depend on the length, and one validation at the end."""
    whole = begin(settings_for(text, steps=12, validations=1, **WITHOUT_COURSE), "whole")
    list(whole)
    list(begin(settings_for(text, steps=20, validations=1, **WITHOUT_COURSE), "parts").events(stop_after(5)))
    parts = resume("parts", more="7")
    list(parts)
    assert contents(parts.run) == contents(whole.run)


def test_a_score_on_another_part_of_the_valid_split_is_not_compared(finished):
    """A worse score may be that of a harder part."""
    training = resume("mine", ["training.valid_characters=20", "training.learning_rate=1e-9"], more="2")
    last = of_type(Validated, training)[-1]
    assert load_checkpoint(finished.pointed("best")).step == last.step == STEPS + 2


# Changes on purpose


def test_the_learning_rate_and_the_batch_size_may_change_with_a_note(finished):
    training = resume("mine", ["training.learning_rate=0.0005", "training.batch_size=2"], more="4")
    assert any("0.0005" in note and "no longer bit for bit" in note for note in training.notes)
    events = list(training)
    assert of_type(Started, events)[0].batch_size == 2
    assert all(event.learning_rate <= 0.0005 for event in of_type(Updated, events))
    (row,) = [row for row in read_metrics(finished.metrics) if row["event"] == "changed"]
    assert row["step"] == STEPS + 1
    assert row["as_planned"] is False
    assert row["settings"]["training.batch_size"] == [4, 2]
    (noted,) = finished.mark["changed"]
    assert noted["step"] == STEPS
    assert noted["settings"]["training.learning_rate"][1] == 0.0005


def test_another_batch_size_goes_on_at_the_same_share_of_the_epoch(text):
    first = begin(settings_for(text, steps=400), "mine")
    list(first.events(stop_after(30)))
    epoch = first.task.reader.epoch_at(30)
    changed = resume("mine", ["training.batch_size=8"])
    update = next(event for event in changed if isinstance(event, Updated))
    changed.close()
    assert update.epoch == pytest.approx(epoch, abs=3 / changed.task.reader.windows_per_epoch)


def test_a_change_that_was_given_up_is_not_noted_twice(finished):
    for rate in ("0.001", "0.002"):
        training = resume("mine", [f"training.learning_rate={rate}"], more="4")
        next(event for event in training if isinstance(event, Updated))
        training.close()
    list(resume("mine"))
    assert len([row for row in read_metrics(finished.metrics) if row["event"] == "changed"]) == 1
    assert len(finished.mark["changed"]) == 1
    list(resume("mine", more="2"))
    assert [each["step"] for each in finished.mark["changed"]] == [STEPS, STEPS + 4]


@pytest.mark.parametrize("change", ["model.cell=gru", "model.hidden_size=9", "training.seed=2", "text.records=true"])
def test_a_change_to_another_model_is_refused_and_points_to_from(finished, change):
    with pytest.raises(UsageError) as caught:
        resume("mine", [change])
    assert f"cannot change {change.partition('=')[0]}" in caught.value.what
    assert "--from mine" in caught.value.remedy
    assert all(name in caught.value.remedy for name in CHANGEABLE)


# The text


def test_a_text_that_has_moved_is_named_again(finished, text):
    moved = text.rename(text.with_name("moved.txt"))
    with pytest.raises(TextError) as caught:
        resume("mine", more="2")
    assert "charlm train --resume mine --more 2 --text PATH" in caught.value.remedy
    training = resume("mine", more="2", moved=Moved([str(moved)]))
    assert list(training)[-1].step == STEPS + 2
    assert list(resume("mine", more="2"))[-1].step == STEPS + 4  # the new place is kept


def test_another_text_is_refused(finished, text):
    other = text.with_name("other.txt")
    other.write_text(text.read_text().replace("owl", "ÄÖÜ"))
    with pytest.raises(CheckpointError, match=r"other.txt is not the one that mine was trained on") as caught:
        resume("mine", more="2", moved=Moved([str(other)]))
    assert "--from mine" in caught.value.remedy
    with pytest.raises(UsageError, match=r"text\.sources") as refused:
        resume("mine", [f"text.sources=[{other}]"], more="2")
    assert "--text PATH" in refused.value.remedy


# Without a checkpoint


def test_a_run_without_a_checkpoint_begins_from_its_settings(text):
    whole = begin(settings_for(text), "whole")
    list(whole)
    for _ in begin(settings_for(text), "mine"):
        break
    again = resume("mine")
    assert again.checkpoint is None
    events = list(again)
    assert isinstance(events[-1], Finished)
    assert contents(again.run) == contents(whole.run)


def test_a_run_without_a_checkpoint_keeps_to_its_text(text):
    begin(settings_for(text), "mine").close()
    text.write_text(text.read_text() + "the end\n")
    with pytest.raises(CheckpointError, match="no longer the one"):
        resume("mine")


def test_a_run_with_damaged_checkpoints_only_is_left_as_it_is(finished):
    for folder in finished.checkpoints:
        (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="no checkpoint that is whole") as caught:
        resume("mine", more="2")
    assert f"charlm train -c {finished.config} --run NAME" in caught.value.remedy


def test_a_run_without_settings_points_to_from(finished):
    finished.config.unlink()
    with pytest.raises(CheckpointError, match=r"config\.yaml") as caught:
        resume("mine", more="2")
    assert "--from mine" in caught.value.remedy


def test_reopen_finds_the_newest_whole_checkpoint_and_notes_the_damaged_one(text):
    training = begin(settings_for(text, save_every=1e-6, keep=3), "mine")
    list(training.events(stop_after(6)))
    newest = training.run.checkpoints[-1]
    (newest / "training.safetensors").write_bytes(b"")
    with lock_run(training.run):
        found = reopen(training.run, Asked(), open_run_text)
    assert found.checkpoint.folder == training.run.checkpoints[-2]
    assert newest.name in found.notes[0]


def test_a_first_checkpoint_is_there_within_seconds(text, monkeypatch):
    monkeypatch.setattr("charlm.training.loop.FIRST_SAVE", 0.0)
    training = begin(settings_for(text, steps=10**6), "mine")
    kinds = [type(event) for event in training.events(stop_after(3))]
    assert kinds.index(Saved) == kinds.index(Updated) + 1
    assert kinds.count(Saved) == 2  # and one at the end: the next would be due after training.save_every


def test_a_checkpoint_on_request_and_on(text):
    wanted = iter([False, True, False, False])
    training = begin(settings_for(text), "mine")
    events = list(training.events(stop_after(4), lambda: next(wanted)))
    assert [event.step for event in of_type(Saved, events)] == [2, 4]
