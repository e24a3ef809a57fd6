from __future__ import annotations

import pytest

from charlm.cells.table import CELLS, check
from charlm.config.settings import ModelSettings, Settings
from charlm.model.parameters import count
from charlm.model.sizing import sized

V = 65


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_every_cell_can_have_about_as_many_parameters(cell, num_layers):
    wanted = count(ModelSettings(hidden_size=128, num_layers=2), V)
    found = sized(ModelSettings(cell=cell, num_layers=num_layers), wanted, V)
    assert count(found, V) == pytest.approx(wanted, rel=0.02)
    assert check(Settings(model=found)) == []


@pytest.mark.parametrize("cell", CELLS)
def test_no_neighbouring_width_is_nearer(cell):
    wanted = 50_000
    found = sized(ModelSettings(cell=cell), wanted, V)
    distance = abs(count(found, V) - wanted)
    step = 4 if cell == "clockwork" else 1
    for other in (found.hidden_size - step, found.hidden_size + step):
        assert abs(count(found.model_copy(update={"hidden_size": other}), V) - wanted) >= distance


def test_the_settings_that_have_so_many_are_found_again():
    settings = ModelSettings(cell="gru", hidden_size=77, num_layers=3)
    assert sized(settings.model_copy(update={"hidden_size": 5}), count(settings, V), V) == settings


def test_less_than_the_smallest_gives_the_smallest():
    assert sized(ModelSettings(), 1, V).hidden_size == 1
