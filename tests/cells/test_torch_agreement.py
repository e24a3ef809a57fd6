"""The cells that torch has too equal torch's, with the same names of weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import build_cell
from charlm.cells.unroll import unroll
from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters

MODULES = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}


@pytest.mark.parametrize("name", MODULES)
def test_definition_equals_torch_nn(name):
    module = MODULES[name](5, 4, dtype=torch.float64)
    weights = {key.removesuffix("_l0"): value.detach().numpy() for key, value in module.named_parameters()}
    x = np.random.default_rng(0).standard_normal((7, 3, 5))
    cell = build_cell(name, {})
    outputs, _, _ = unroll(cell, weights, x, cell.STATE(*(np.zeros((3, 4)) for _ in cell.STATE._fields)))
    np.testing.assert_allclose(outputs, module(torch.tensor(x))[0].detach().numpy(), atol=1e-12)


@pytest.mark.parametrize("name", MODULES)
def test_a_models_recurrent_weights_load_into_torch_nn_by_name(name):
    settings = ModelSettings(cell=name, hidden_size=6, num_layers=2, embedding_dim=5)
    parameters = initial_parameters(settings, 9, np.random.default_rng(0))
    module = MODULES[name](5, 6, num_layers=2)
    recurrent = {
        key.removeprefix("recurrent."): torch.tensor(value)
        for key, value in parameters.items()
        if key.startswith("recurrent.")
    }
    module.load_state_dict(recurrent, strict=True)

    ids = np.random.default_rng(1).integers(0, 9, (8, 2))
    logits, _ = LanguageModel(settings, parameters).forward(ids, LanguageModel(settings, parameters).fresh_state(2))
    x = torch.tensor(parameters["embedding.weight"])[torch.tensor(ids)]
    theirs = module(x)[0] @ torch.tensor(parameters["head.weight"]).T + torch.tensor(parameters["head.bias"])
    np.testing.assert_allclose(logits, theirs.detach().numpy(), atol=1e-6)


def test_only_the_bias_of_the_forget_gate_is_not_zero_at_first():
    values = build_cell("lstm", {"forget_bias": 2.5}).initial_weights(np.random.default_rng(0), 5, 4)
    total = values["bias_ih"] + values["bias_hh"]
    assert total.tolist() == [0] * 4 + [2.5] * 4 + [0] * 8


@pytest.mark.parametrize("name", MODULES)
def test_recurrent_weights_are_orthogonal_at_first(name):
    values = build_cell(name, {}).initial_weights(np.random.default_rng(0), 5, 8)
    for gate in values["weight_hh"].reshape(-1, 8, 8):
        np.testing.assert_allclose(gate @ gate.T, np.eye(8), atol=1e-5)
