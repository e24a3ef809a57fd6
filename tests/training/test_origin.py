"""Starting from a trained model: what is taken from it, what is refused, and what the run keeps of it."""

from __future__ import annotations

import shutil

import pytest
from runs_of_verse import contents, settings_for

import charlm
from charlm.checkpoint import load_checkpoint
from charlm.config.resolving import resolve
from charlm.errors import CheckpointError, UsageError
from charlm.runs import open_run, runs_root
from charlm.training.events import Finished, Saved, Updated, Validated
from charlm.training.experiment import begin, resume
from charlm.training.origin import settings_from

pytestmark = pytest.mark.usefixtures("runs")
QUICK = {"steps": 6, "batch_size": 4, "seq_len": 16, "validations": 2, "sample_length": 0, "device": "cpu"}


@pytest.fixture
def first(text):
    """The last checkpoint of a training on `text`."""
    list(begin(settings_for(text), "first"))
    return charlm.load("first/last")


@pytest.fixture
def other(text):
    """Another text, with two symbols more."""
    path = text.with_name("other.txt")
    path.write_text(text.read_text().replace("owl", "ÖWL"), encoding="utf-8")
    return path


def settings_of(first, *overrides, config=None):
    return settings_from(resolve(config, ["text.sources=[x.txt]", *overrides]), first)[0]


def test_the_model_and_the_form_of_the_text_are_those_of_the_run(first):
    settings = settings_of(first, "training.steps=9")
    assert settings.model == first.settings.model
    assert settings.text.sources == ("x.txt",)
    assert settings.training.steps == 9
    records = first.settings.model_copy(update={"text": first.settings.text.model_copy(update={"records": True})})
    of_records = load_checkpoint(first.folder)
    object.__setattr__(of_records, "settings", records)
    assert settings_of(of_records).text.records
    assert not settings_of(of_records, "text.records=false").text.records


def test_a_text_of_another_form_is_not_given_the_form_of_the_run(first):
    text = first.settings.text.model_copy(update={"records": True, "newlines": "keep"})
    object.__setattr__(first, "settings", first.settings.model_copy(update={"text": text}))
    assert settings_of(first, "text.records=false").text.newlines == "keep"
    assert settings_of(first, "text.newlines=unix").text.records


def test_dropout_may_be_another_since_it_changes_no_weight(first):
    assert settings_of(first, "model.dropout=0.5").model.dropout == 0.5
    assert settings_of(first).model.dropout == first.settings.model.dropout


def test_the_learning_rate_is_smaller_unless_it_is_given(first):
    resolved = resolve(None, ["text.sources=[x.txt]"])
    settings, notes = settings_from(resolved, first)
    usual = min(resolved.settings.training.learning_rate, first.settings.training.learning_rate)
    assert settings.training.learning_rate == usual / 2
    assert any("learning_rate" in note and f"{usual / 2:g}" in note for note in notes)
    assert settings_of(first, "training.learning_rate=0.3").training.learning_rate == 0.3


def test_the_split_is_drawn_by_the_seed_of_the_run_unless_another_is_given(first):
    assert settings_of(first, "training.seed=9").text.split_seed == first.settings.text.split_seed == 1
    assert settings_of(first, "text.split_seed=9").text.split_seed == 9


@pytest.mark.parametrize(
    ("records", "changed", "expected"),
    [
        (False, {}, ""),
        (False, {"split_seed": 9}, ""),  # one running text is cut and not drawn
        (False, {"splits": [0.95, 0.03, 0.02]}, ""),  # what is held out now was held out then
        (False, {"splits": [0.5, 0.3, 0.2]}, "-s text.splits=[0.9,0.05,0.05]"),
        (True, {"split_seed": 9}, "-s text.split_seed=1"),
        (True, {"split": "contiguous"}, '-s text.split="auto"'),
        (True, {"splits": [0.95, 0.03, 0.02]}, ""),
    ],
)
def test_scores_on_what_the_model_was_trained_on_are_said_to_be_too_good(text, other, records, changed, expected):
    list(begin(settings_for(text, text={"records": records}), "first"))
    start = charlm.load("first/last")
    same = begin(settings_for(text, text={"records": records, **changed}), "same", start)
    another = begin(settings_for(other, text={"records": records, **changed}), "another", start)
    said = [note for note in same.notes if "too good" in note]
    assert [note.rpartition(": ")[2] for note in said] == [expected] * bool(expected)
    assert not any("too good" in note for note in another.notes)
    for training in (same, another):
        training.close()


def test_a_preset_gives_its_training_and_not_its_model(first):
    settings = settings_of(first, config="char-rnn")
    assert settings.training.optimizer == "rmsprop"
    assert settings.model == first.settings.model


@pytest.mark.parametrize(
    "change", ["model.cell=gru", "model.hidden_size=9", "model.num_layers=3", "model.tied=true", "text.unit=byte"]
)
def test_another_model_is_refused_in_one_message(first, change):
    with pytest.raises(UsageError) as caught:
        settings_of(first, change)
    name = change.partition("=")[0]
    assert name in caught.value.what
    assert "lstm 1 x 8" in caught.value.what
    assert f"Leave {name} out" in caught.value.remedy
    assert settings_of(first, "model.hidden_size=8", "model.cell=lstm")  # those of the run are no contradiction


def test_without_a_text_both_things_that_may_be_meant_are_named(first):
    with pytest.raises(UsageError, match="--from") as caught:
        settings_from(resolve(), first)
    assert "charlm train TEXT --from first" in caught.value.remedy
    assert "charlm train --resume first --more" in caught.value.remedy


def test_the_origin_is_kept_in_the_run(first, other):
    training = charlm.train(other, run="second", start_from="first/last", **QUICK)
    assert any("new" in note and "L W Ö" in note for note in training.notes)
    events = list(training)
    kinds = [type(event) for event in events]
    assert kinds.index(Validated) < kinds.index(Saved) < kinds.index(Updated)  # how it scores before the first update
    assert [event.step for event in events if isinstance(event, Validated)] == [0, 3, 6]
    recorded = training.run.mark["from"]
    assert (recorded["run"], recorded["step"], recorded["new_symbols"]) == ("first", first.step, "LWÖ")


def test_a_run_that_was_ended_before_its_first_checkpoint_starts_from_the_model_again(first, other):
    whole = charlm.train(other, run="whole", start_from=first, **QUICK)
    list(whole)
    charlm.train(other, run="mine", start_from=first, **QUICK).close()
    again = resume("mine")
    assert isinstance(list(again)[-1], Finished)
    assert contents(again.run) == contents(whole.run)


def test_a_model_that_is_gone_or_has_changed_is_named(first, other):
    charlm.train(other, run="mine", start_from=first, **QUICK).close()
    recorded = open_run(runs_root(), "mine")
    recorded.write_mark({**recorded.mark, "from": {**recorded.mark["from"], "sha256": "0"}})
    with pytest.raises(CheckpointError, match="has changed"):
        resume("mine")
    shutil.rmtree(first.folder)
    with pytest.raises(CheckpointError, match="is gone"):
        resume("mine")


def test_an_interrupted_training_ends_as_an_uninterrupted_one(first, other):
    whole = charlm.train(other, run="whole", start_from=first, **QUICK)
    list(whole)
    steps = iter([False, False, True])
    list(charlm.train(other, run="parts", start_from=first, **QUICK).events(lambda: next(steps)))
    parts = resume("parts")
    list(parts)
    assert contents(parts.run) == contents(whole.run)


def test_no_update_reaches_the_model_that_it_started_from(first, other):
    before = {name: value.copy() for name, value in first.parameters.items()}
    list(charlm.train(other, run="second", start_from=first, **QUICK))
    assert all((first.parameters[name] == value).all() for name, value in before.items())
