"""Which models cuDNN's persistent kernels can run, and that the choice of precision depends on it."""

from __future__ import annotations

import pytest

from charlm.config.settings import ModelSettings, Settings
from charlm.device import Compute
from charlm.engines import precision
from charlm.engines.precision import compute_for, runs_persistent


@pytest.mark.parametrize(
    ("model", "rows", "persists"),
    [
        ({}, 64, True),
        ({}, 128, True),
        ({}, 8, True),
        ({}, 136, False),
        ({}, 60, False),
        ({"hidden_size": 1024}, 64, True),
        ({"hidden_size": 1152}, 64, False),
        ({"hidden_size": 192}, 64, False),
        ({"embedding_dim": 100}, 64, False),
        ({"embedding_dim": 384}, 64, True),
        ({"cell": "cifg"}, 64, True),  # runs in the lstm's kernel
        ({"cell": "lstm97"}, 64, True),
        ({"cell": "gru"}, 64, False),
        ({"cell": "gru", "cell_options": {"first_form": True}}, 64, False),
        ({"cell": "rnn"}, 64, True),
        ({"cell": "rnn", "hidden_size": 896}, 88, True),
        ({"cell": "rnn", "hidden_size": 896}, 96, False),
        ({"cell": "rnn", "hidden_size": 768}, 128, True),
        ({"cell": "rnn", "hidden_size": 1152}, 8, False),
        ({"cell": "peephole"}, 64, False),
        ({"layers": [{"cell": "lstm"}, {"cell": "rnn"}]}, 64, True),
        ({"layers": [{"cell": "lstm"}, {"cell": "peephole"}]}, 64, False),
        ({"layers": [{"cell": "lstm"}, {"hidden_size": 100}]}, 64, False),
        ({"layers": [{"cell": "lstm"}, {"cell": "depth_gated"}]}, 64, False),  # the memories of the lstm are read
    ],
)
def test_the_models_that_persistent_kernels_run(model, rows, persists):
    settings = ModelSettings.model_validate({"hidden_size": 256, "num_layers": 2, **model})
    assert runs_persistent(settings, rows) is persists


@pytest.mark.parametrize(
    ("model", "training", "asked"),
    [
        ({"hidden_size": 256}, {"batch_size": 64}, True),
        ({"hidden_size": 250}, {"batch_size": 64}, False),
        ({"hidden_size": 256}, {"batch_size": 64, "precision": "bf16"}, False),
    ],
)
def test_the_choice_is_given_whether_persistent_kernels_apply(monkeypatch, model, training, asked):
    asked_for = []

    def choose_compute(*given):
        asked_for.append(given)
        return Compute("cpu", "fp32", "a CPU", 1)

    monkeypatch.setattr(precision, "choose_compute", choose_compute)
    settings = Settings.model_validate({"model": model, "training": {"device": "cpu", "threads": 3, **training}})
    assert compute_for(settings) == Compute("cpu", "fp32", "a CPU", 1)
    assert asked_for == [("cpu", settings.training.precision, 3, asked)]
