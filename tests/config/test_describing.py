"""Every setting is described: by its name, its default, its values, and in words."""

from __future__ import annotations

import pytest

from charlm.config.describing import describe_settings
from charlm.config.given import NAMES
from charlm.config.resolving import resolve

ALL = {each.name: each for each in describe_settings()}


def test_every_setting_is_described():
    assert {name for name in NAMES if name not in ("model.attention", "model.block", "model.latent")} <= set(ALL)
    assert all(each.about and "..." not in each.about and "\n" not in each.about for each in ALL.values())


def test_settings_come_section_by_section():
    sections = [each.section for each in ALL.values()]
    assert list(dict.fromkeys(sections)) == ["text", "model", "training"]
    assert sections == sorted(sections, key=["text", "model", "training"].index)


@pytest.mark.parametrize("name", ALL)
def test_the_default_is_written_as_it_can_be_given(name):
    default = ALL[name].default
    given = "null" if default == "none" else default
    settings = resolve(None, [f"{name}={given}"]).settings.model_dump()
    for part in name.split("."):
        settings = settings[part]
    assert settings is not None or default == "none"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("training.schedule", "cosine, linear, step or constant"),
        ("text.records", "true or false"),
        ("model.hidden_size", "from 1 to 16,384 or auto"),
        ("model.embedding_dim", "from 1 to 16,384"),
        ("training.average", "from 0 below 1 or auto"),
        ("training.learning_rate", "above 0 to 10 or auto"),
        ("training.seed", "from 0 below 2 to the 63rd"),
        ("model.dropout", "from 0 to 1 or auto"),
        ("training.save_every", "above 0 to 31,536,000"),
        ("text.sources", ""),
        ("model.cell", ""),
    ],
)
def test_values_are_said_in_words(name, values):
    assert ALL[name].values == values


def test_a_word_filters_by_name_description_and_values():
    assert {each.name for each in describe_settings("DROP")} >= {"model.dropout", "model.weight_drop"}
    assert "training.schedule" in {each.name for each in describe_settings("cosine")}
    assert describe_settings("no such word") == []
