"""Settings as text: stored settings are read back identical."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charlm.config.given import SECTIONS, dotted, nested
from charlm.config.presets import presets
from charlm.config.resolving import resolve, resolve_to_train
from charlm.config.settings import Settings
from charlm.config.stored import from_yaml, inline_yaml, json_schema, to_yaml
from charlm.config.yaml_reading import read_yaml
from charlm.errors import UsageError


@pytest.mark.parametrize("name", [None, *sorted(presets())])
def test_stored_presets_are_read_back_identical(name):
    before = resolve_to_train(name).settings if name else Settings()
    assert from_yaml(to_yaml(before)) == before


def test_a_stored_length_remains_the_only_one():
    text = to_yaml(resolve("quick", [], {"training.budget": "97s"}).settings)
    assert from_yaml(text).training.steps is None


TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    [
        "NO",
        "on",
        "1e-3",
        "null",
        "~",
        "",
        " ",
        "0o7",
        "*.txt",
        "&a",
        "# x",
        "a: b",
        "- a",
        "\x1b[31m",
        "\u2028",
        "\x85",
        "😀",
        "'\"",
        "yes\n",
    ]
)
OPTION = st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXT


@pytest.mark.parametrize("examples", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_any_stored_settings_are_read_back_identical(examples):
    @given(
        sources=st.lists(TEXT, min_size=1, max_size=4),
        options=st.dictionaries(TEXT, OPTION, max_size=4),
        rate=st.floats(1e-300, 10),
        steps=st.none() | st.integers(1, 10**9),
    )
    @settings(max_examples=examples, deadline=None)
    def law(sources, options, rate, steps):
        model, training = {"cell_options": options}, {"learning_rate": rate, "steps": steps}
        before = Settings.model_validate({"text": {"sources": sources}, "model": model, "training": training})
        after = from_yaml(to_yaml(before))
        assert after == before
        assert [*map(type, after.model.cell_options.values())] == [*map(type, options.values())]
        assert nested(dotted(before)) == before.model_dump()

    law()


@given(TEXT)
@settings(max_examples=200, deadline=None)
def test_a_value_takes_one_line(text):
    line = inline_yaml([text])
    assert len(line.splitlines()) == 1
    assert read_yaml(f"a: {line}".encode(), "x").value == {"a": [text]}


def test_each_setting_has_a_line_under_its_section():
    lines = to_yaml(Settings()).splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["text:", "model:", "training:"]
    assert "  hidden_size: 192" in lines
    assert "  splits: [0.9, 0.05, 0.05]" in lines


def test_settings_too_long_to_be_read_are_not_written():
    wide = Settings.model_validate({"text": {"sources": ["x" * 100] * 1000}})
    with pytest.raises(UsageError) as caught:
        to_yaml(wide)
    assert "glob" in caught.value.remedy


def test_an_error_names_the_file_and_the_line():
    with pytest.raises(UsageError) as caught:
        from_yaml("model:\n  hidden_size: x\n", "run/config.yaml")
    assert caught.value.where == "run/config.yaml line 2"


def test_the_schema_has_every_setting_and_is_json():
    schema = json_schema()
    json.dumps(schema)
    assert set(schema["properties"]) == {"preset", *SECTIONS}
    for section in SECTIONS.values():
        described = schema["$defs"][section.__name__]
        assert set(described["properties"]) == set(section.model_fields)
        assert described["additionalProperties"] is False
    budget = schema["$defs"]["TrainingSettings"]["properties"]["budget"]
    assert '"string"' in json.dumps(budget), "a budget may be text, such as 10m"
