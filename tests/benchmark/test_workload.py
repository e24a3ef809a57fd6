"""What is timed: models of comparable size, and always the same weights and text."""

import numpy as np

from charlm.benchmark.workload import VOCAB_SIZE, model_settings_of, random_ids, random_model
from charlm.cells.table import CELLS
from charlm.model.parameters import count_parameters


def test_all_cells_of_a_size_have_about_as_many_parameters():
    wanted = count_parameters(model_settings_of("lstm", 2, 64), VOCAB_SIZE)
    for cell in CELLS:
        assert abs(count_parameters(model_settings_of(cell, 2, 64), VOCAB_SIZE) / wanted - 1) < 0.02


def test_weights_and_text_are_always_the_same():
    settings = model_settings_of("gru", 1, 8)
    first, again = random_model(settings).parameters, random_model(settings).parameters
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert np.array_equal(random_ids(50), random_ids(50))
    assert random_ids(5000).max() == VOCAB_SIZE - 1
