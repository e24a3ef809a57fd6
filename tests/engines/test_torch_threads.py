"""Small operations of torch run on one thread, and only they."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines import torch_threads
from charlm.engines.torch_threads import FEW, threads_for
from charlm.text.lanes import Lanes
from charlm.training.trainer import Trainer


@pytest.fixture(autouse=True)
def _two_threads(monkeypatch):
    """Of torch, as if the user had chosen nothing."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("rows", "expected"), [(1, 1), (FEW // 10 - 1, 1), (FEW // 10, 2)])
def test_few_rows_have_one_thread_which_is_given_back(rows, expected):
    with threads_for(rows, 10)():
        assert torch.get_num_threads() == expected
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(
    ("model", "training", "alone"),
    [
        ({"cell": "gated_delta"}, {}, True),
        ({"cell": "ntm"}, {}, True),
        ({"layers": [{"cell": "lstm"}, {"cell": "matrix_lstm"}]}, {}, True),
        ({"cell": "gated_delta"}, {"threads": 2}, False),  # the user's choice stays
        ({"cell": "lstm"}, {}, False),  # its kernel divides the work by itself
    ],
)
def test_small_operations_run_on_one_thread_unless_the_user_chose(model, training, alone, monkeypatch):
    entered = []
    one_thread = torch_threads.one_thread
    monkeypatch.setattr(torch_threads, "one_thread", lambda: entered.append(1) or one_thread())
    settings = Settings.model_validate(
        {
            "model": {"hidden_size": 16, "num_layers": 2, **model},
            "training": {"batch_size": 4, "seq_len": 8, **training},
        }
    )
    trainer = Trainer(settings, 5, 4, Compute("cpu", "fp32", "a CPU", 2))
    trainer.update(Lanes(np.arange(200, dtype=np.uint8) % 5, 4, 8), 0, 1e-2)
    assert bool(entered) is alone
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("cell", "threads"), [("gated_delta", "1 thread"), ("lstm", "2 threads")])
def test_the_note_on_the_ordered_sum_has_the_threads_that_compute(cell, threads):
    settings = Settings.model_validate(
        {"model": {"hidden_size": 16, "cell": cell}, "training": {"batch_size": 8, "ordered_sum": True}}
    )
    notes = Trainer(settings, 5, 8, Compute("cpu", "fp32", "a CPU", 2)).notes
    assert any(f"with {threads}:" in note for note in notes)
