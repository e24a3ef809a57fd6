"""The neural Turing machine: its identities, its start, and the traps that others fell into.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.lstm import LSTM
from charlm.cells.ntm import NTM
from charlm.cells.place_memory import PlaceMemory
from charlm.cells.unroll import unroll
from charlm.config.settings import ModelSettings
from charlm.engines.choosing import run_with_torch
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters

T, B, I, H = 7, 3, 5, 4  # noqa: E741
SMALL = {"places": 16, "width": 6}


def weights_of(cell, seed=0, factor=0.5):
    rng = np.random.default_rng(seed)
    return {key: factor * rng.standard_normal(shape) for key, shape in cell.shapes(I, H).items()}


def run(cell, weights, steps=T, state=None):
    x = np.random.default_rng(2).standard_normal((steps, B, I))
    return unroll(cell, weights, x, state or cell.fresh_state(B, I, H, like=x))


def test_without_reads_and_with_an_lstm_it_is_an_lstm():
    cell = NTM(lstm_controller=True, **SMALL)
    weights = weights_of(cell)
    weights["weight_reads"][:] = 0
    weights["weight_out"][:] = np.eye(H, H + 6)
    weights["bias_out"][:] = 0
    lstm = {name: weights[name] for name in ("weight_ih", "weight_hh")}
    lstm |= {"bias_ih": weights["bias"], "bias_hh": np.zeros(4 * H)}
    ours, _, state = run(cell, weights)
    theirs, _, other = run(LSTM(), lstm)
    np.testing.assert_allclose(ours, theirs, atol=1e-15)
    np.testing.assert_allclose(state.c, other.c, atol=1e-15)


@pytest.mark.parametrize("options", [{}, {"read_heads": 2, "write_heads": 3, "shifts": 2}, {"shifts": 0}])
def test_weightings_are_shares_at_the_start_and_after_every_step(options):
    cell = NTM(**SMALL | options)
    weights = weights_of(cell)
    x = np.random.default_rng(2).standard_normal((T, B, I))
    state, ready = cell.fresh_state(B, I, H, like=x), cell.step_weights(weights)
    for now in cell.project(weights, x):
        _, state, _ = cell.step(ready, now, state)
        found = cell.addresses(ready, state)
        assert list(found) == [f"read {n + 1}" for n in range(cell.read_heads)] + [
            f"write {n + 1}" for n in range(cell.write_heads)
        ]
        for shares in found.values():
            np.testing.assert_allclose(shares.sum(-1), 1)
            assert (shares >= 0).all()


def test_a_text_begins_at_place_0_with_an_empty_memory():
    cell = NTM(**SMALL)
    values = cell.initial_weights(np.random.default_rng(0), I, H)
    ready = cell.step_weights(values)
    fresh = cell.fresh_state(B, I, H, like=values["bias"])
    assert all((part == 0).all() for part in fresh)
    for shares in cell.addresses(ready, fresh).values():
        assert (shares.argmax(-1) == 0).all()
        assert (shares[:, 0] > 0.5).all()
    np.testing.assert_array_equal(values["weight_out"], np.eye(H, H + 6))


def test_a_memory_that_nothing_is_written_to_stays_as_it_is():
    memory = PlaceMemory(places=16, width=6, reading=1, writing=2, reach=1)
    rng = np.random.default_rng(0)
    asked = rng.standard_normal((B, memory.numbers))
    tanhs, sigmas, _ = memory.cuts
    asked[:, tanhs - 2 * 6 : tanhs] = 0  # what is added
    asked[:, sigmas - 2 * 6 : sigmas] = -1e9  # what is erased: sigma(-20), as it is clipped
    held, first = rng.standard_normal((B, 96)), np.full((3, 16), 1 / 16)
    written, read, _ = memory.turn(asked, held, np.zeros((B, 48)), first)
    np.testing.assert_allclose(written, held, atol=1e-7)
    assert read.any()


def test_what_is_written_at_a_place_is_read_there_and_moves_with_the_head():
    """A head that goes by where it was, and one place up: gate closed, the shift by +1."""
    memory = PlaceMemory(places=16, width=2, reading=1, writing=1, reach=1)
    tanhs, sigmas, pluses = memory.cuts
    asked = np.zeros((1, memory.numbers))
    asked[:, tanhs - 2 : tanhs] = 20  # add 1
    asked[:, tanhs : tanhs + 2] = -20  # gates
    asked[:, sigmas:pluses] = 20  # strengths and sharpness
    asked[:, pluses::3] = 20  # of three shifts the first is +1
    at_3 = np.zeros((2, 16))
    at_3[:, 3] = 1
    written, read, moved = memory.turn(asked, np.zeros((1, 32)), np.zeros((1, 32)), at_3)
    assert (moved.reshape(2, 16) + at_3).argmax(-1).tolist() == [4, 4]
    np.testing.assert_allclose(written.reshape(2, 16)[:, 4], 1, atol=1e-5)
    assert read.max() < 1e-5  # reading comes before writing
    _, again, _ = memory.turn(np.where(asked == 20, 0, asked), written, moved, at_3)
    assert again.any()


@pytest.mark.parametrize("size", [1, 1e9])
@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize("options", [{}, {"lstm_controller": True}], ids=["feedforward", "lstm"])
def test_gradients_stay_finite_over_long_lines_whatever_the_heads_are_asked(options, kernels, size):
    """u ** gamma instead of the exponential of its logarithm gives NaN here."""
    cell = NTM(**SMALL, **options)
    weights = {key: torch.tensor(value, dtype=torch.float32) for key, value in weights_of(cell).items()}
    weights["weight_heads"] *= size  # clipped to +-20: shares of exactly 0 and sharpness of 20
    weights = {key: value.requires_grad_() for key, value in weights.items()}
    x = torch.randn(120, B, I, generator=torch.Generator().manual_seed(0))
    layer = LanguageModel(ModelSettings(cell="ntm", num_layers=1, hidden_size=H), {}).layers[0]
    layer = type(layer)(cell, I, H, False, False)
    state = cell.fresh_state(B, I, H, like=x)
    run_layer = (lambda *given: run_with_torch(layer, *given)) if kernels else (lambda *given: unroll(cell, *given))
    outputs, _, after = run_layer(weights, x, state, None)
    (outputs.sum() + sum(part.sum() for part in after)).backward()
    assert torch.isfinite(outputs).all()
    assert all(torch.isfinite(value.grad).all() for value in weights.values() if value.grad is not None)


@pytest.mark.parametrize("stack", [["ntm", "lstm"], ["lstm", "ntm"], ["grid", "ntm", "lstm"]])
def test_it_stands_in_a_stack_below_and_above_other_cells(stack):
    layers = [{"cell": name, "hidden_size": 8} for name in stack]
    settings = ModelSettings.model_validate({"layers": layers, "embedding_dim": 6, "hidden_size": 8})
    values = initial_parameters(settings, 5, np.random.default_rng(0))
    ids = np.random.default_rng(1).integers(5, size=(6, 2))
    model = LanguageModel(settings, values)
    defined, _ = model.forward(ids, model.fresh_state(2))
    tensors = LanguageModel(settings, {name: torch.tensor(value) for name, value in values.items()})
    fast, _ = tensors.forward(torch.tensor(ids), tensors.fresh_state(2), run_with_torch)
    np.testing.assert_allclose(fast.numpy(), defined, atol=2e-5)
