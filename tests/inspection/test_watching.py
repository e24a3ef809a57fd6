"""Watching a layer changes nothing, in numpy and in torch, and shows its gates."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.inspection.watching import watch_layer
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.stack import unroll_layer
from charlm.randomness import stream

V, T, B = 6, 20, 2
IDS = np.random.default_rng(1).integers(0, V, (T, B))


@pytest.mark.parametrize("engine", [np.asarray, torch.from_numpy])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_watching_changes_nothing(cell, engine):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
    values = initial_parameters(settings, V, stream(1, "weights"))
    parameters, ids = {name: engine(value) for name, value in values.items()}, engine(IDS)
    gates = []

    def watched(layer, weights, x, state, below):
        inner, result = watch_layer(layer, weights, x, state, below)
        gates.extend(inner[name] for name in layer.cell.GATES if name in inner)
        return result

    plain, _ = LanguageModel(settings, parameters).forward(
        ids, LanguageModel(settings, parameters).fresh_state(B), unroll_layer
    )
    seen, _ = LanguageModel(settings, parameters).forward(
        ids, LanguageModel(settings, parameters).fresh_state(B), watched
    )
    np.testing.assert_array_equal(plain, seen)
    for gate in gates:
        assert gate.shape == (T, B, 8)
        assert ((gate > 0) & (gate < 1)).all()
