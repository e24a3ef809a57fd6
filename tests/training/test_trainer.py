"""Updates through captured windows equal those without capture.

On a GPU, a CUDA graph replays kernels. Here a stand-in runs the captured function again, so no GPU is needed.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from charlm.config.settings import Settings
from charlm.device import Compute
from charlm.engines import captured_window, choosing
from charlm.text.lanes import Lanes
from charlm.training import trainer
from charlm.training.checkpointing import restore_trainer, training_arrays
from charlm.training.trainer import Trainer

V, B, T = 7, 3, 6


class RerunCapturer:
    """A Capturer that captures a function by keeping it, and counts captures and replays."""

    captured = replayed = 0

    def __init__(self, device):
        pass

    def warm_up(self, work):
        work()

    def capture(self, work, generator=None):
        def replay():
            RerunCapturer.replayed += 1
            work()

        RerunCapturer.captured += 1
        return replay


def build_trainer(training=None, model=None):
    settings = Settings.model_validate(
        {
            "model": {"cell": "peephole", "hidden_size": 8, "num_layers": 2, **(model or {})},
            "training": {"batch_size": B, "seq_len": T, **(training or {})},
        }
    )
    return Trainer(settings, V, B, Compute("cpu", "fp32", "a CPU", 1))


@pytest.fixture
def capture_windows(monkeypatch):
    """A function; after it is called, new trainers capture their windows."""
    RerunCapturer.captured = RerunCapturer.replayed = 0

    def turn_on():
        monkeypatch.setattr(choosing, "captures_windows", lambda device_type: True)
        monkeypatch.setattr(trainer, "CudaCapturer", RerunCapturer)
        monkeypatch.setattr(
            captured_window,
            "prepare_window",
            partial(captured_window.prepare_window, compiling=lambda recurrence: recurrence),
        )

    return turn_on


def text(characters=120):
    return Lanes((np.arange(characters) ** 2 % 31 % V).astype(np.uint8), B, T)


def updates(trainer, first, number, reader):
    accumulate = trainer.settings.training.accumulate
    return [trainer.update(reader, step * accumulate, 1e-2) for step in range(first, first + number)]


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("accumulate", [1, 3])
def test_updates_equal_those_without_capture(capture_windows, accumulate, dropout):
    reader = text()
    given = {"training": {"accumulate": accumulate}, "model": {"dropout": dropout}}
    plain = build_trainer(**given)
    wanted = updates(plain, 0, 12, reader)
    capture_windows()
    captured = build_trainer(**given)
    found = updates(captured, 0, 12, reader)
    lengths = [len(reader.at(position).inputs) for position in range(12 * accumulate)]
    assert RerunCapturer.replayed == lengths.count(T)
    assert 0 < RerunCapturer.replayed < len(lengths)  # some windows have another length and are not captured
    for one, other in zip(found, wanted, strict=True):
        assert one.nats == pytest.approx(other.nats, rel=1e-5)
        assert one.gradient_norm == pytest.approx(other.gradient_norm, rel=1e-4)
        assert one.characters == other.characters
    for name, weight in plain.weights.items():
        torch.testing.assert_close(captured.weights[name], weight, rtol=1e-3, atol=1e-4)


def test_a_resumed_training_with_captured_windows_equals_an_uninterrupted_one(capture_windows):
    capture_windows()
    reader = text()
    whole = build_trainer(model={"dropout": 0.4})
    updates(whole, 0, 5, reader)
    kept, parameters = training_arrays(whole), whole.parameters()
    updates(whole, 5, 6, reader)
    other = build_trainer(model={"dropout": 0.4})
    restore_trainer(other, parameters, kept, "here")
    updates(other, 5, 6, reader)
    for name, weight in whole.weights.items():
        assert torch.equal(other.weights[name], weight)
    assert RerunCapturer.captured == 2


def test_a_trainer_with_a_given_recurrence_captures_nothing(capture_windows):
    from charlm.model.stack import unroll_layer

    capture_windows()
    plain = build_trainer()
    given = Trainer(plain.settings, V, B, plain.compute, unroll_layer)
    assert plain.captured
    assert given.captured is None
    assert given.recurrence is unroll_layer


def test_a_non_finite_window_changes_neither_state_nor_weights(capture_windows):
    capture_windows()
    trained = build_trainer()
    reader = text()
    updates(trained, 0, 2, reader)
    with torch.no_grad():
        trained.weights["head.bias"].add_(torch.inf)
    state, parameters = training_arrays(trained), trained.parameters()
    assert not trained.update(reader, 2, 1e-2).applied
    after = {**training_arrays(trained), **trained.parameters()}
    before = {**{name: value for name, value in state.items() if name.startswith("state.")}, **parameters}
    assert all(np.array_equal(after[name], value) for name, value in before.items())


def test_a_failed_capture_is_noted_and_training_continues(capture_windows, monkeypatch):
    from charlm.engines.cuda_graph import CaptureFailed

    class Refusing(RerunCapturer):
        def capture(self, work, generator=None):
            raise CaptureFailed("operation not permitted")

    capture_windows()
    monkeypatch.setattr(trainer, "CudaCapturer", Refusing)
    trained = build_trainer()
    assert trained.notes == ("no CUDA graph, which takes much longer: operation not permitted",)
    assert updates(trained, 0, 2, text())[1].applied
