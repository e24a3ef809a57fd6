from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import put_rows, reset_rows, rows_agree, take_rows

V = 7


def read(cell, ids, state=None):
    settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
    values = initial_parameters(settings, V, np.random.default_rng(0))
    return LanguageModel(settings, values).forward(
        ids, state or LanguageModel(settings, values).fresh_state(ids.shape[1])
    )


IDS = np.random.default_rng(1).integers(0, V, (6, 3))


@pytest.mark.parametrize("cell", CELLS)
def test_a_reset_row_is_as_a_fresh_row_and_the_others_go_on(cell):
    _, state = read(cell, IDS)
    logits, _ = read(cell, IDS, reset_rows(state, np.array([0, 1, 0], np.float32)))
    fresh, _ = read(cell, IDS)
    carried, _ = read(cell, IDS, state)
    np.testing.assert_array_equal(logits[:, 1], fresh[:, 1])
    np.testing.assert_array_equal(logits[:, [0, 2]], carried[:, [0, 2]])


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_rows_are_taken_and_put_without_touching_the_old_state(kind):
    _, state = read("lstm", IDS)
    if kind == "torch":
        state = tuple(type(layer)(*map(torch.tensor, layer)) for layer in state)
    before = np.asarray(state[0].c).copy()
    some = take_rows(state, np.array([2, 0]))
    np.testing.assert_array_equal(np.asarray(some[0].c), before[[2, 0]])
    put = put_rows(state, np.array([1]), take_rows(state, np.array([0])))
    np.testing.assert_array_equal(np.asarray(put[0].c), before[[0, 0, 2]])
    np.testing.assert_array_equal(np.asarray(state[0].c), before)


def test_states_agree_where_a_network_reads_the_same():
    kind = CELLS["lstm"].STATE
    one = (kind(np.array([[0.5], [0.5], [0.5]]), np.array([[100.0], [1.0], [np.nan]])),)
    other = (kind(np.array([[0.5], [0.5], [0.5]]), np.array([[700.0], [1.1], [1.0]])),)
    assert rows_agree(one, other, 1e-4).tolist() == [True, False, False]


def test_one_step_after_another_is_the_whole_sequence():
    from charlm.model.stepping import DefinitionStepper

    for cell in CELLS:
        settings = ModelSettings(cell=cell, hidden_size=8, num_layers=2)
        values = initial_parameters(settings, V, np.random.default_rng(0))
        stepper = DefinitionStepper(LanguageModel(settings, values))
        state, rows = stepper.fresh(3), []
        for ids in IDS:
            logits, state = stepper.step(ids, state)
            rows.append(logits)
        whole, end = read(cell, IDS)
        np.testing.assert_allclose(np.stack(rows), whole, atol=1e-6)
        for layer, other in zip(state, end, strict=True):
            for part, expected in zip(layer, other, strict=True):
                np.testing.assert_allclose(part, expected, atol=1e-6)
