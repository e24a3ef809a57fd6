"""Updates through a recorded window are those without one. On a card a recording replays kernels; here it is the work
itself, done again."""

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


class Rerun:
    """A Capturer whose recordings are the work itself; counts what is recorded and replayed."""

    recorded = replayed = 0

    def __init__(self, place):
        pass

    def warm_up(self, work):
        work()

    def capture(self, work, generator=None):
        def replay():
            Rerun.replayed += 1
            work()

        Rerun.recorded += 1
        return replay


def build(training=None, model=None):
    settings = Settings.model_validate(
        {
            "model": {"cell": "peephole", "hidden_size": 8, "num_layers": 2, **(model or {})},
            "training": {"batch_size": B, "seq_len": T, **(training or {})},
        }
    )
    return Trainer(settings, V, B, Compute("cpu", "fp32", "a CPU", 1))


@pytest.fixture
def recording(monkeypatch):
    """Called, trainers record their windows from then on."""
    Rerun.recorded = Rerun.replayed = 0

    def turn_on():
        monkeypatch.setattr(choosing, "worth_capturing", lambda layers, device_type: True)
        monkeypatch.setattr(trainer, "CudaCapturer", Rerun)
        monkeypatch.setattr(
            captured_window, "prepare", partial(captured_window.prepare, compiling=lambda recurrence: recurrence)
        )

    return turn_on


def text(characters=120):
    return Lanes((np.arange(characters) ** 2 % 31 % V).astype(np.uint8), B, T)


def updates(of, first, number, reader):
    accumulate = of.settings.training.accumulate
    return [of.update(reader, step * accumulate, 1e-2) for step in range(first, first + number)]


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("accumulate", [1, 3])
def test_updates_are_those_without_a_recording(recording, accumulate, dropout):
    reader = text()
    given = {"training": {"accumulate": accumulate}, "model": {"dropout": dropout}}
    plain = build(**given)
    wanted = updates(plain, 0, 12, reader)
    recording()
    quick = build(**given)
    found = updates(quick, 0, 12, reader)
    lengths = [len(reader.at(position).inputs) for position in range(12 * accumulate)]
    assert Rerun.replayed == lengths.count(T)
    assert 0 < Rerun.replayed < len(lengths)  # there were others, too
    for one, other in zip(found, wanted, strict=True):
        assert one.nats == pytest.approx(other.nats, rel=1e-5)
        assert one.gradient_norm == pytest.approx(other.gradient_norm, rel=1e-4)
        assert one.characters == other.characters
    for name, weight in plain.weights.items():
        torch.testing.assert_close(quick.weights[name], weight, rtol=1e-3, atol=1e-4)


def test_a_training_that_goes_on_ends_where_it_would_have(recording):
    recording()
    reader = text()
    whole = build(model={"dropout": 0.4})
    updates(whole, 0, 5, reader)
    kept, parameters = training_arrays(whole), whole.parameters()
    updates(whole, 5, 6, reader)
    other = build(model={"dropout": 0.4})
    restore_trainer(other, parameters, kept, "here")
    updates(other, 5, 6, reader)
    for name, weight in whole.weights.items():
        assert torch.equal(other.weights[name], weight)
    assert Rerun.recorded == 2


def test_a_trainer_with_a_slower_recurrence_records_nothing(recording):
    from charlm.model.stack import unroll_layer

    recording()
    plain = build()
    slow = Trainer(plain.settings, V, B, plain.compute, unroll_layer)
    assert plain.captured
    assert slow.captured is None
    assert slow.recurrence is unroll_layer


def test_a_window_that_is_not_finite_leaves_state_and_weights_alone(recording):
    recording()
    training = build()
    reader = text()
    updates(training, 0, 2, reader)
    before = training_arrays(training)
    with torch.no_grad():
        training.weights["head.bias"].add_(torch.inf)
    outcome = training.update(reader, 2, 1e-2)
    assert not outcome.applied
    after = training_arrays(training)
    assert all(np.array_equal(after[name], before[name]) for name in before if name.startswith("state."))


def test_notes_say_what_could_not_be_recorded(recording, monkeypatch):
    from charlm.engines.cuda_graph import CaptureFailed

    class Refusing(Rerun):
        def capture(self, work, generator=None):
            raise CaptureFailed("operation not permitted")

    recording()
    monkeypatch.setattr(trainer, "CudaCapturer", Refusing)
    training = build()
    assert training.notes == ("no CUDA graph, which takes much longer: operation not permitted",)
    assert updates(training, 0, 2, text())[1].applied
