"""Valid and invalid settings, and the words for what is wrong."""

import pytest
from pydantic import ValidationError

from charlm.config.problems import problems_of
from charlm.config.settings import Settings


def problems_by_name(**sections):
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(sections)
    return {problem.name: problem.what for problem in problems_of(caught.value)}


@pytest.mark.parametrize(
    ("section", "key", "value", "what"),
    [
        ("model", "hidden_size", 0, "model.hidden_size must be at least 1, not 0"),
        ("model", "hidden_size", "256", 'model.hidden_size must be a whole number, not "256"'),
        ("model", "hidden_size", 2.0, "model.hidden_size must be a whole number, not 2.0"),
        ("model", "hidden_size", True, "model.hidden_size must be a whole number, not true"),
        ("model", "tied", "yes", 'model.tied must be true or false, not "yes"'),
        ("model", "tied", 1, "model.tied must be true or false, not 1"),
        ("model", "dropout", 1.5, "model.dropout must be at most 1, not 1.5"),
        ("model", "cell", 7, "model.cell must be text, not 7"),
        ("model", "cell", "x" * 501, "model.cell may have at most 500 characters, not"),
        ("model", "dropout_kind", "lokced", 'model.dropout_kind must be standard or locked, not "lokced"'),
        ("training", "learning_rate", 0, "training.learning_rate must be more than 0, not 0"),
        ("training", "learning_rate", float("nan"), "training.learning_rate must be a finite number"),
        ("training", "budget", "10q", "training.budget: a duration is written as 90s, 10m or 2h"),
        ("training", "budget", True, "training.budget must be a number, not true"),
        ("training", "budget", "nan", "training.budget must be a finite number"),
        ("training", "betas", [0.9, 1], "value 2 of training.betas must be less than 1, not 1"),
        ("training", "betas", [0.9], "training.betas has too few values"),
        ("training", "betas", 0.9, "training.betas must be a list, such as [a, b], not 0.9"),
        ("training", "device", "gpu", "training.device: a device is auto, cpu, mps, cuda or cuda:1, not 'gpu'"),
        ("training", "device", "xcpu", "training.device: a device is"),  # an unanchored pattern would match its cpu
        ("text", "sources", [], "text.sources has too few values: it needs at least 1"),
        ("text", "sources", [2024], "value 1 of text.sources must be text, not 2024"),
        ("text", "sources", ["a"] * 1001, "text.sources has too many values: it may have at most 1000"),
        ("text", "splits", [0.5, 0.1, 0.1], "text.splits must add up to 1"),
        ("text", "splits", [0, 0.5, 0.5], "text.splits must add up to 1, and the first share must be more than 0"),
    ],
)
def test_an_invalid_value_is_described_in_words(section, key, value, what):
    said = problems_by_name(**{section: {key: value}})
    assert len(said) == 1
    sentence = next(iter(said.values()))
    assert sentence.startswith(what)
    assert "nput should" not in sentence
    assert "http" not in sentence


def test_options_of_a_cell_are_plain_values():
    said = problems_by_name(model={"cell_options": {"a": None, "b": [1], "c": 1, "d": "x", "e": float("inf")}})
    assert set(said) == {"model.cell_options.a", "model.cell_options.b", "model.cell_options.e"}
    assert said["model.cell_options.a"].endswith("must be true, false, a finite number or text, not null")


def test_a_training_has_one_length():
    said = problems_by_name(training={"steps": 3, "budget": "9s"})
    assert said == {"training": "training.steps and training.budget are given, but a training has one length"}


@pytest.mark.parametrize(
    ("written", "seconds"), [("97s", 97.0), ("10m", 600.0), ("1.5h", 5400.0), ("42", 42.0), (7, 7.0)]
)
def test_durations(written, seconds):
    assert Settings.model_validate({"training": {"budget": written}}).training.budget == seconds


def test_settings_are_frozen():
    with pytest.raises(ValidationError):
        Settings().model.hidden_size = 3


def test_every_setting_has_a_description():
    for section in (field.annotation for field in Settings.model_fields.values()):
        for name, field in section.model_fields.items():
            assert field.description, name
