"""What a search may try, and what is said of a space that cannot be used."""

from __future__ import annotations

import pytest

from charlm.config.given import dotted
from charlm.config.resolving import resolve
from charlm.errors import UsageError
from charlm.studies.tuning.space import Dimension, Space, is_whole, open_space, without


def write(tmp_path, *lines):
    path = tmp_path / "mine.yaml"
    path.write_text("\n".join(["settings:", *(f"  {line}" for line in lines)]) + "\n")
    return str(path)


def test_the_default_space_holds_the_values_of_the_default_preset():
    """The first trial of a search tries these."""
    space, _, source = open_space(None)
    assert source == "space default"
    usual = dotted(resolve("quick").settings)
    assert [name for name, each in space.settings.items() if not each.holds(usual[name])] == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("training.lr: {low: 1e-3, high: 1e-2}", "no setting training.lr"),
        ("model.hiden_size: {low: 8, high: 16}", "no setting model.hiden_size"),
        ("text.unit: {values: [byte, character]}", "text.unit cannot be searched: the trials would be scored on"),
        ("training.steps: {low: 8, high: 16}", "training.steps cannot be searched: --each is the length"),
        ("training.seed: {low: 8, high: 16}", "training.seed cannot be searched"),
        ("model.hidden_size: {low: 8}", "a range needs low and high"),
        ("model.hidden_size: {low: 16, high: 8}", "low must be less than high, not 16 and 8"),
        ("model.hidden_size: {low: 8, high: 20, step: 8}", "steps of 8 from 8 do not reach 20"),
        ("model.dropout: {low: 0.0, high: 0.5, log: true}", "with log, low must be more than 0"),
        ("model.dropout: {low: 0.1, high: 0.5, log: true, step: 0.1}", "log and step exclude each other"),
        ("model.dropout: {low: 0.1, high: 0.5, steps: 0.1}", "A space has no settings.model.dropout.steps"),
        ("model.cell: {values: [lstm, lstm]}", "a value is given twice"),
        ("model.cell: {values: [lstm]}", "settings.model.cell.values cannot be used"),
        ("model.cell: {values: [lstm, gru], low: 1}", "values stand alone"),
        ("model.cell: [lstm, gru]", "settings.model.cell cannot be used"),
        ("model.cell: {values: [lstm", "cannot be read"),
    ],
)
def test_a_space_that_cannot_be_used_is_refused_with_its_line(tmp_path, line, message):
    path = write(tmp_path, "model.num_layers: {low: 1, high: 2}", line)
    with pytest.raises(UsageError, match=message) as caught:
        open_space(path)
    assert "line 3" in caught.value.where or "line 4" in caught.value.where, "where YAML misses what is not closed"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("values", "held", "not_held"),
    [
        ({"low": 8, "high": 32, "step": 8}, [8, 16, 32], [4, 12, 40, "8", True, None]),
        ({"low": 0.0, "high": 0.5, "step": 0.05}, [0.0, 0.25, 0.15, 0.5], [0.27, 0.55]),
        ({"low": 1e-3, "high": 1e-1, "log": True}, [1e-3, 0.05], [0.0, 0.2]),
        ({"values": [None, 1, "a"]}, [None, 1, "a"], [True, 2, 1.0, "b"]),
    ],
)
def test_what_a_dimension_holds(values, held, not_held):
    dimension = Dimension.model_validate(values)
    assert [value for value in held if not dimension.holds(value)] == []
    assert [value for value in not_held if dimension.holds(value)] == []


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ({"low": 8, "high": 32}, {8: "smallest", 32: "largest", 16: None}),
        ({"low": 0.0, "high": 0.5}, {0.0: None, 0.5: "largest"}),
        ({"low": 1, "high": 3}, {1: None, 2: None, 3: "largest"}),
        ({"values": [16, 8, 32]}, {16: None, 8: "smallest", 32: "largest"}),
        ({"values": ["lstm", 3, None]}, {"lstm": None, 3: None}),
    ],
)
def test_an_end_is_one_that_a_better_value_may_lie_beyond(values, ends):
    dimension = Dimension.model_validate(values)
    assert {value: dimension.end(value) for value in ends} == ends


def test_a_range_is_of_whole_numbers_if_the_setting_takes_no_others():
    whole = Dimension(low=0, high=1)
    assert is_whole("model.num_layers", whole)
    assert is_whole("model.cell_options.layers", whole)
    assert not is_whole("model.dropout", whole)
    assert not is_whole("model.cell_options.forget_bias", Dimension(low=0, high=1.5))


def test_what_is_given_is_not_searched():
    space = Space(settings={name: Dimension(low=1, high=2) for name in ("model.num_layers", "model.hidden_size")})
    assert list(without(space, {"model.num_layers", "model.cell"}).settings) == ["model.hidden_size"]
    with pytest.raises(UsageError, match="Nothing is left to search"):
        without(space, set(space.settings))
