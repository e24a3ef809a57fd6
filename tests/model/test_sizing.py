"""Models of every cell, sized to a wanted number of parameters."""

from __future__ import annotations

import pytest

from charlm.cells.stacks import stack_problems
from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings, Settings
from charlm.errors import UsageError
from charlm.model.parameters import count_parameters
from charlm.model.sizing import resize_to_match

V = 80


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("hidden_size", [64, 128, 200])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_is_sized_within_one_per_cent(cell, hidden_size, num_layers):
    wanted = count_parameters(ModelSettings(cell="lstm", hidden_size=hidden_size, num_layers=num_layers), V)
    # with four blocks, a small rg_lru grows by two per cent at a time
    options = {"blocks": 1} if cell == "rg_lru" and hidden_size < 100 else {}
    given = ModelSettings(cell=cell, cell_options=options, hidden_size=hidden_size, num_layers=num_layers)
    found = resize_to_match(given, V, wanted, "here")
    assert abs(count_parameters(found, V) - wanted) <= 0.01 * wanted
    assert not stack_problems(Settings(model=found))
    assert found.cell == cell


@pytest.mark.parametrize("cell", CELLS)
def test_the_number_of_parameters_grows_with_the_hidden_size(cell):
    sizes = range(8, 200, 8)
    counts = [count_parameters(ModelSettings(cell=cell, hidden_size=size), V) for size in sizes]
    assert counts == sorted(set(counts))


def test_a_model_is_not_resized_to_its_own_number_of_parameters():
    model = ModelSettings(hidden_size=77)
    assert resize_to_match(model, V, count_parameters(model, V), "here") == model


def test_a_refusal_names_the_two_nearest_sizes():
    model = ModelSettings(hidden_size=2, num_layers=1, tied=True)
    wanted = (
        count_parameters(model, 4) + count_parameters(ModelSettings(hidden_size=3, num_layers=1, tied=True), 4)
    ) // 2
    with pytest.raises(UsageError) as caught:
        resize_to_match(model, 4, wanted, "variants.x")
    assert "hidden_size 2" in caught.value.what
    assert "hidden_size 3" in caught.value.what
    assert caught.value.where == "variants.x"


@pytest.mark.parametrize("residual", [False, True])
def test_blocks_are_sized_and_an_embedding_that_is_added_keeps_its_width(residual):
    block = {"norm": "rms", "conv": 4, "gate": True, "mlp": 3}
    model = ModelSettings.model_validate({"cell": "gru", "num_layers": 3, "residual": residual, "block": block})
    found = resize_to_match(model, V, 800_000, "here")
    assert abs(count_parameters(found, V) - 800_000) <= 8_000
    assert found.embedding_width == found.hidden_size or not residual
