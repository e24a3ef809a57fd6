"""Training on a CUDA device, fast engines against plain ones: captured windows, compiled steps, fp16, the text on the
device."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import Settings
from charlm.engines import captured_window, choosing
from charlm.engines.precision import compute_for
from charlm.text.lanes import Lanes
from charlm.training.batches import DeviceBatches, open_batches
from charlm.training.checkpointing import restore_trainer, training_arrays
from charlm.training.trainer import Trainer

pytestmark = pytest.mark.gpu

V, B, T = 65, 8, 16
STACKS = {name: {"cell": name, "num_layers": 2} for name in CELLS} | {
    "mixed": {"layers": [{"cell": "lstm"}, {"cell": "depth_gated"}, {"cell": "rnn"}]},
    "gru, first form": {"cell": "gru", "cell_options": {"first_form": True}},
    "attention": {"cell": "peephole", "attention": {"window": 8}},
}


def text(characters=B * T * 4 + 70) -> Lanes:
    return Lanes(np.random.default_rng(0).integers(0, V, characters).astype(np.uint8), B, T)


def build(stack, precision="fp32", **training) -> Trainer:
    settings = Settings.model_validate(
        {
            "model": {"hidden_size": 32, **STACKS[stack], **training.pop("model", {})},
            "training": {"batch_size": B, "seq_len": T, "precision": precision, "device": "cuda", **training},
        }
    )
    return Trainer(settings, V, B, compute_for(settings))


@pytest.fixture
def turn(monkeypatch):
    """Turns the capture of windows off, or the compiler of steps."""

    def turn(what):
        if what == "capture off":
            monkeypatch.setattr(choosing, "captures_windows", lambda device_type: False)
        if what == "compiler off":
            monkeypatch.setattr(
                captured_window,
                "prepare_window",
                partial(captured_window.prepare_window, compiling=lambda recurrence: recurrence),
            )
        if what == "all on":
            monkeypatch.undo()

    return turn


def updates(of: Trainer, number: int, reader: Lanes, first: int = 0):
    accumulate = of.settings.training.accumulate
    return [of.update(reader, step * accumulate, 1e-3) for step in range(first, first + number)]


def assert_near(found, wanted, tolerance):
    for one, other in zip(found, wanted, strict=True):
        assert one.applied
        assert one.nats == pytest.approx(other.nats, rel=tolerance)
        assert one.gradient_norm == pytest.approx(other.gradient_norm, rel=30 * tolerance)
        assert one.characters == other.characters


def gradients(of: Trainer, reader: Lanes):
    """Those of one window, before an optimizer sees them."""
    feed = open_batches(reader, of.compute)
    with of.compute.allow_tf32():
        of._accumulate_gradients(of.passes[0], feed.at(0))
    return {name: weight.grad.clone() for name, weight in of.weights.items() if weight.grad is not None}


@pytest.mark.parametrize("compiler", ["compiler off", "compiler on"])
@pytest.mark.parametrize("stack", STACKS)
def test_captured_windows_equal_eager_ones(turn, stack, compiler):
    """Losses and norms of 8 updates (the first and the last window of an epoch among them), and gradients of one."""
    reader = text()
    assert {len(reader.at(position).inputs) for position in range(8)} > {T}
    turn("capture off")
    plain = build(stack)
    assert plain.captured is None
    wanted, wanted_gradients = updates(plain, 8, reader), gradients(build(stack), reader)
    turn("all on")
    turn(compiler)
    fast = build(stack)
    assert fast.captured is not None
    assert fast.notes == plain.notes
    assert_near(updates(fast, 8, reader), wanted, 1e-4)
    for name, gradient in gradients(build(stack), reader).items():
        scale = float(wanted_gradients[name].abs().max())
        torch.testing.assert_close(gradient, wanted_gradients[name], rtol=1e-2, atol=5e-3 * scale)  # tf32


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("stack", STACKS)
def test_captured_windows_equal_eager_ones_in_narrow_precisions(turn, stack, precision):
    reader = text()
    turn("capture off")
    plain = build(stack, precision)
    wanted = updates(plain, 5, reader)
    turn("all on")
    fast = build(stack, precision)
    assert fast.notes == plain.notes
    found = updates(fast, 5, reader)
    for one, other in zip(found, wanted, strict=True):
        assert one.nats == pytest.approx(other.nats, rel=5e-3)


@pytest.mark.parametrize("accumulate", [1, 3])
def test_captured_dropout_draws_the_same(turn, accumulate):
    reader, given = text(), {"accumulate": accumulate, "model": {"dropout": 0.5}}
    turn("capture off")
    wanted = updates(build("peephole", **given), 5, reader)
    turn("all on")
    turn("compiler off")
    fast = build("peephole", **given)
    assert fast.captured is not None
    assert_near(updates(fast, 5, reader), wanted, 1e-4)


def test_a_captured_training_is_resumed_where_it_was():
    reader = text()
    whole = build("peephole", model={"dropout": 0.5})
    updates(whole, 4, reader)
    kept, parameters = training_arrays(whole), whole.parameters()
    wanted = updates(whole, 5, reader, first=4)
    other = build("peephole", model={"dropout": 0.5})
    restore_trainer(other, parameters, kept, "here")
    assert_near(updates(other, 5, reader, first=4), wanted, 1e-6)


def test_trainings_in_one_process_do_not_affect_each_other():
    """As in a study."""
    for stack in ("peephole", "lstm", "clockwork"):
        assert all(outcome.applied for outcome in updates(build(stack), 3, text()))


@pytest.mark.parametrize("precision", ["auto", "bf16", "fp16"])
def test_narrow_precisions_learn(precision):
    training = build("lstm", precision, model={"hidden_size": 128})
    assert training.compute.precision in ("bf16", "fp16")
    ids = (np.arange(20_000) % 50).astype(np.uint8)  # the next symbol is certain
    outcomes = [training.update(Lanes(ids, B, T), position, 5e-3) for position in range(150)]
    assert all(np.isfinite(outcome.nats) for outcome in outcomes)
    assert outcomes[-1].nats < 0.5 < outcomes[0].nats
    assert all(np.isfinite(weight.detach().cpu().numpy()).all() for weight in training.weights.values())


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_windows_are_cut_on_the_device(dtype):
    ids = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, 5000, endpoint=True, dtype=dtype)
    lanes = Lanes(ids, 7, 33)
    feed = DeviceBatches(lanes, torch.device("cuda"))
    for position in range(2 * lanes.windows_per_epoch + 1):
        fed, batch = feed.at(position), lanes.at(position)
        assert fed.inputs.is_cuda
        np.testing.assert_array_equal(fed.inputs.cpu().numpy(), batch.inputs)
        np.testing.assert_array_equal(fed.targets.cpu().numpy(), batch.targets)
        assert fed.characters == (batch.targets >= 0).sum()
        assert (fed.reset is not None) == batch.reset.any()


def test_a_training_in_tf32_restores_exact_products():
    build("peephole").update(text(), 0, 1e-3)
    assert torch.get_float32_matmul_precision() == "highest"
