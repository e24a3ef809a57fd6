"""How open the gates of a model are."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS, build_cell
from charlm.config.settings import LayerSettings, ModelSettings
from charlm.errors import TextError
from charlm.inspection.gates import gate_shares
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.randomness import named_stream

V = 6
IDS = np.random.default_rng(1).integers(0, V, 600)


def model(**given):
    settings = ModelSettings(**{"hidden_size": 8, "num_layers": 2, **given})
    return LanguageModel(settings, initial_parameters(settings, V, named_stream(1, "weights")))


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_shares_add_up_to_1_for_every_gate(cell):
    found = gate_shares(model(cell=cell), IDS)
    assert {each.gate for each in found} == set(build_cell(cell, {}).GATES)
    assert {each.layer for each in found} == ({1, 2} if build_cell(cell, {}).GATES else set())
    for each in found:
        assert each.low + each.between + each.high == pytest.approx(1)
        assert min(each.low, each.between, each.high) >= 0
        assert each.values % 8 == 0


@pytest.mark.parametrize(("bias", "shares"), [(20.0, (0, 0, 1)), (-20.0, (1, 0, 0))])
def test_a_large_bias_opens_or_shuts_a_gate(bias, shares):
    found = gate_shares(model(cell="lstm", cell_options={"forget_bias": bias}), IDS)
    forgets = [(each.low, each.between, each.high) for each in found if each.gate == "forget"]
    assert forgets == [shares, shares]
    assert all(each.high < 1 for each in found if each.gate != "forget")


def test_each_layer_of_a_mixed_stack_has_its_own_gates():
    mixed = model(layers=(LayerSettings(cell="gru"), LayerSettings(cell="lstm")))
    assert len(mixed.layers) == 2
    assert [(each.layer, each.gate) for each in gate_shares(mixed, IDS)] == [
        (1, "reset"), (1, "update"), (2, "input"), (2, "forget"), (2, "output"),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 255, 256])
def test_short_texts_are_inspected_whole(size):
    assert all(each.values == size * 8 for each in gate_shares(model(cell="gru"), IDS[:size]))


def test_an_empty_text_is_refused():
    with pytest.raises(TextError):
        gate_shares(model(cell="gru"), IDS[:0])
