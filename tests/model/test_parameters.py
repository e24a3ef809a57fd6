"""Names, shapes, counts and initial values of parameters."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import count_parameters, initial_parameters, parameter_shapes

V = 13


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [False, True])
def test_values_have_the_declared_names_and_shapes(cell, tied):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=3, tied=tied)
    values = initial_parameters(settings, V, np.random.default_rng(0))
    assert {name: value.shape for name, value in values.items()} == parameter_shapes(settings, V)
    assert all(value.dtype == np.float32 for value in values.values())
    assert count_parameters(settings, V) == sum(value.size for value in values.values())
    assert ("head.weight" in values) is not tied


def test_an_lstm_has_as_many_parameters_as_in_torch():
    settings = ModelSettings(hidden_size=10, num_layers=2, embedding_dim=7)
    modules = torch.nn.ModuleList([torch.nn.Embedding(V, 7), torch.nn.LSTM(7, 10, 2), torch.nn.Linear(10, V)])
    assert count_parameters(settings, V) == sum(parameter.numel() for parameter in modules.parameters())


@pytest.mark.parametrize("tied", [False, True])
def test_predictions_before_training_are_nearly_uniform(tied):
    settings = ModelSettings(hidden_size=64, num_layers=2, tied=tied)
    model = LanguageModel(settings, initial_parameters(settings, V, np.random.default_rng(0)))
    ids = np.random.default_rng(1).integers(0, V, (40, 8))
    logits, _ = model.forward(ids, model.fresh_state(8))
    nats = np.log(np.exp(logits).sum(-1)) - np.take_along_axis(logits, ids[..., None], -1)[..., 0]
    assert abs(nats.mean() - math.log(V)) < 0.1
