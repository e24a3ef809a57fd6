"""What `restore_trainer` accepts and refuses. That it restores everything is tested in test_resume.py."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.config.settings import ModelSettings, Settings
from charlm.device import Compute
from charlm.errors import CheckpointError
from charlm.text.lanes import Lanes
from charlm.training.checkpointing import restore_trainer, training_arrays
from charlm.training.trainer import Trainer

V, B = 5, 3


@pytest.fixture
def trained():
    settings = Settings(model=ModelSettings(hidden_size=4, num_layers=2))
    trainer = Trainer(settings, V, B, Compute("cpu", "fp32", "a CPU", 1))
    trainer.update(Lanes(np.arange(60, dtype=np.uint8) % V, B, 4), 0, 1e-2)
    return trainer


def test_a_restored_trainer_gives_the_same_arrays(trained):
    arrays, parameters = training_arrays(trained), trained.parameters()
    other = Trainer(trained.settings, V, B, trained.compute)
    restore_trainer(other, parameters, arrays, "here")
    again = training_arrays(other)
    assert arrays.keys() == again.keys()
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)


@pytest.mark.parametrize(
    "forged",
    [
        {"state.1.c": np.zeros((B, 9), np.float32)},
        {"state.0.h": np.zeros((B + 1, 4), np.float32)},
        {"optimizer.exp_avg.head.bias": np.zeros(V + 1, np.float32)},
        {"optimizer.exp_avg.no.such": np.zeros(V, np.float32)},
        {"random": np.zeros(3, np.uint8)},
        {"state.1.c": None},
    ],
)
def test_arrays_of_another_model_are_refused(trained, forged):
    arrays = {name: value for name, value in {**training_arrays(trained), **forged}.items() if value is not None}
    with pytest.raises(CheckpointError, match="cannot be resumed") as caught:
        restore_trainer(trained, trained.parameters(), arrays, "step-1")
    assert caught.value.where == "step-1"
