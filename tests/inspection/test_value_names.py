"""Values and units by name, and what is said of those that are not there."""

from __future__ import annotations

import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.errors import UsageError
from charlm.inspection.value_names import Unit, Value, chosen_values, default_value, units_named, units_of, value_names
from charlm.model.language_model import LanguageModel

BOTH = (Value(1, "c", 8), Value(2, "c", 6))


def model_of(cell):
    return LanguageModel(ModelSettings(cell=cell, hidden_size=8, num_layers=2), {})


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_every_cell_has_its_state_and_gates_by_name(cell):
    for number, layer in enumerate(model_of(cell).layers, 1):
        names = value_names(layer)
        assert len(set(names)) == len(names)
        assert set(layer.cell.STATE._fields) <= set(names)
        assert default_value(layer) in names
        assert chosen_values(model_of(cell), number, names[-1]) == (Value(number, names[-1], 8),)


def test_the_memory_is_looked_at_if_there_is_one():
    found = {cell: default_value(model_of(cell).layers[0]) for cell in CELLS}
    assert {name: found[name] for name in ("lstm", "grid", "memory_gated", "gru", "mut1", "rnn")} == {
        "lstm": "c", "grid": "c", "memory_gated": "m", "gru": "h", "mut1": "h", "rnn": "h"
    }  # fmt: skip


def test_a_value_of_some_layers_alone_is_theirs():
    assert chosen_values(model_of("depth_gated"), None, "depth") == (Value(2, "depth", 8),)


@pytest.mark.parametrize(
    ("layer", "name", "says"),
    [(3, None, "layers 1 to 2"), (0, None, "layers 1 to 2"), (None, "cell", "h, c, input, forget, output")],
)
def test_what_is_not_there_is_an_error_that_says_what_is(layer, name, says):
    with pytest.raises(UsageError) as raised:
        chosen_values(model_of("lstm"), layer, name)
    assert says in str(raised.value)


def test_units_by_name():
    assert units_named(["2:5"], units_of(BOTH)) == [Unit(2, 5)]
    assert units_named(["2:5, 1:6-7", "2:4-5"], units_of(BOTH)) == [Unit(2, 5), Unit(1, 6), Unit(1, 7), Unit(2, 4)]
    assert units_named(["2"], units_of(BOTH)) == [Unit(2, number) for number in range(6)]
    assert str(Unit(2, 5)) == "2:5"


@pytest.mark.parametrize(
    ("given", "says"), [("2:6", "units 0 to 5"), ("3:0", "Layers: 1, 2"), ("5", "1:17"), ("a", "1:17")]
)
def test_a_unit_that_is_not_there(given, says):
    with pytest.raises(UsageError) as raised:
        units_named([given], units_of(BOTH))
    assert says in str(raised.value)
