"""States as values: resetting, taking, replacing and comparing rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import map_state, put_rows, reset_rows, rows_agree, take_rows

V = 7
IDS = np.random.default_rng(1).integers(0, V, (6, 3))


def model_of(cell):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
    return LanguageModel(settings, initial_parameters(settings, V, np.random.default_rng(0)))


def read(cell, ids, state=None):
    model = model_of(cell)
    return model.forward(ids, state or model.fresh_state(ids.shape[1]))


@pytest.mark.parametrize("cell", CELLS)
def test_a_reset_row_equals_a_fresh_row_and_the_others_continue(cell):
    _, state = read(cell, IDS)
    logits, _ = read(cell, IDS, reset_rows(state, np.array([0, 1, 0], np.float32)))
    fresh, _ = read(cell, IDS)
    carried, _ = read(cell, IDS, state)
    np.testing.assert_array_equal(logits[:, 1], fresh[:, 1])
    np.testing.assert_array_equal(logits[:, [0, 2]], carried[:, [0, 2]])


@pytest.mark.parametrize("to_arrays", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_taking_and_replacing_rows_leaves_the_old_state_unchanged(to_arrays):
    state = map_state(read("lstm", IDS)[1], to_arrays)
    before = np.asarray(state[0].c).copy()
    some = take_rows(state, np.array([2, 0]))
    np.testing.assert_array_equal(np.asarray(some[0].c), before[[2, 0]])
    replaced = put_rows(state, np.array([1]), take_rows(state, np.array([0])))
    np.testing.assert_array_equal(np.asarray(replaced[0].c), before[[0, 0, 2]])
    np.testing.assert_array_equal(np.asarray(state[0].c), before)


def test_states_agree_if_they_are_equal_through_a_tanh():
    lstm_state = CELLS["lstm"].STATE
    one = (lstm_state(np.array([[0.5], [0.5], [0.5]]), np.array([[100.0], [1.0], [np.nan]])),)
    other = (lstm_state(np.array([[0.5], [0.5], [0.5]]), np.array([[700.0], [1.1], [1.0]])),)
    assert rows_agree(one, other, 1e-4).tolist() == [True, False, False]


@pytest.mark.parametrize("cell", CELLS)
def test_stepping_equals_the_whole_sequence(cell):
    from charlm.model.stepping import DefinitionStepper

    stepper = DefinitionStepper(model_of(cell))
    state, rows = stepper.fresh(3), []
    for ids in IDS:
        logits, state = stepper.step(ids, state)
        rows.append(logits)
    expected, end = read(cell, IDS)
    np.testing.assert_allclose(np.stack(rows), expected, atol=1e-6)
    for layer, other in zip(state, end, strict=True):
        for part, value in zip(layer, other, strict=True):
            np.testing.assert_allclose(part, value, atol=1e-6)
