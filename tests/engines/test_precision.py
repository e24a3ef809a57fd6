"""Which models cuDNN's persistent kernels could run, that the choice of precision asks just that, and what is told."""

from __future__ import annotations

import pytest

from charlm.config.settings import ModelSettings, Settings
from charlm.device import Compute
from charlm.engines import precision
from charlm.engines.precision import compute_for, persistent


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
        ({"cell": "cifg"}, 64, True),  # rides the lstm
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
def test_the_models_that_persist(model, rows, persists):
    settings = ModelSettings.model_validate({"hidden_size": 256, "num_layers": 2, **model})
    assert persistent(settings, rows) is persists


@pytest.mark.parametrize(
    ("model", "training", "asked"),
    [
        ({"hidden_size": 256}, {"batch_size": 64}, True),
        ({"hidden_size": 250}, {"batch_size": 64}, False),
        ({"hidden_size": 256}, {"batch_size": 64, "precision": "bf16"}, False),
    ],
)
def test_what_is_asked_of_the_device(monkeypatch, model, training, asked):
    seen = []

    def choose(*given):
        seen.append(given)
        return Compute("cpu", "fp32", "a CPU", 1)

    monkeypatch.setattr(precision, "choose_compute", choose)
    settings = Settings.model_validate({"model": model, "training": {"device": "cpu", "threads": 3, **training}})
    assert compute_for(settings) == Compute("cpu", "fp32", "a CPU", 1)
    assert seen == [("cpu", settings.training.precision, 3, asked)]


@pytest.mark.parametrize(
    ("kind", "asked", "flags", "told"),
    [
        ("cpu", "bf16", {"avx2", "fma"}, True),
        ("cpu", "bf16", {"avx512f"}, True),
        ("cpu", "bf16", {"avx512f", "avx512_bf16"}, False),
        ("cpu", "bf16", {"asimd", "bf16"}, False),  # Arm's name for it
        ("cpu", "bf16", set(), False),  # the system lists no flags
        ("cpu", "fp32", {"avx2"}, False),
        ("cuda", "bf16", {"avx2"}, False),
    ],
)
def test_the_user_is_told_where_bf16_is_slower(monkeypatch, kind, asked, flags, told):
    monkeypatch.setattr(precision, "processor_flags", lambda: frozenset(flags))
    notes = precision.precision_notes(Compute(kind, asked, "a processor", 1))
    assert bool(notes) is told
    assert not told or ("bf16 is slower" in notes[0] and "fp32" in notes[0])
