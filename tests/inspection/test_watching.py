"""Watching a layer gives its gates and leaves its outputs unchanged, in numpy and in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.inspection.watching import read_records, watch_layer
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stack import unroll_layer
from charlm.model.state import map_state
from charlm.randomness import named_stream

V, T, B = 6, 20, 2
IDS = np.random.default_rng(1).integers(0, V, (T, B))


@pytest.mark.parametrize("to_arrays", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_watching_leaves_the_outputs_unchanged(cell, to_arrays):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
    values = initial_parameters(settings, V, named_stream(1, "weights"))
    model = LanguageModel(settings, {name: to_arrays(value) for name, value in values.items()})
    ids = to_arrays(IDS)
    gates = []

    def watched(layer, weights, x, state, below):
        inner, result = watch_layer(layer, weights, x, state, below)
        gates.extend(inner[name] for name in layer.cell.GATES if name in inner)
        return result

    expected, _ = model.forward(ids, model.fresh_state(B), unroll_layer)
    outputs, _ = model.forward(ids, model.fresh_state(B), watched)
    np.testing.assert_array_equal(outputs, expected)
    for gate in gates:
        assert gate.shape == (T, B, 8)
        assert ((gate > 0) & (gate <= 1)).all()  # the first symbol is all that an slstm's mean has


def test_a_text_of_records_is_read_from_a_fresh_state_at_each():
    """A record begins with the end id of the one before it."""
    settings = ModelSettings(cell="lstm", hidden_size=4, num_layers=2)
    model = LanguageModel(settings, initial_parameters(settings, 5, named_stream(1, "weights")))
    ids = np.array([[2, 3], [0, 1], [4, 0], [1, 2]])
    start = map_state(model.fresh_state(2), lambda part: part + 0.5)
    after = read_records(model, ids, start, unroll_layer, 0)
    for row, own in ((0, [0, 4, 1]), (1, [0, 2])):
        _, alone = model.forward(np.array(own)[:, None], model.fresh_state(1))
        for layer, expected in zip(after, alone, strict=True):
            np.testing.assert_allclose(layer.c[row], expected.c[0], atol=1e-6)
    _, whole = model.forward(ids, start)
    np.testing.assert_array_equal(read_records(model, ids, start, unroll_layer, None)[0].h, whole[0].h)
