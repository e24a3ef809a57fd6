"""Gradients by distance: against finite differences, and against models whose gradients are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS
from charlm.config.settings import AttentionSettings, ModelSettings
from charlm.errors import TextError
from charlm.inspection.gradients import VANISHED, GradientNorms, gradient_norms, input_gradient
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.state import map_state
from charlm.randomness import named_stream

V = 5
IDS = np.random.default_rng(1).integers(0, V, 200)


def model_of(cell, **more):
    settings = ModelSettings(**{"cell": cell, "hidden_size": 4, "num_layers": 1, "embedding_dim": 3, **more})
    return LanguageModel(settings, initial_parameters(settings, V, named_stream(1, "weights")))


def in_float64(parameters):
    return {name: torch.tensor(value, dtype=torch.float64) for name, value in parameters.items()}


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize("window", [0, 3])
def test_gradients_equal_finite_differences(cell, window):
    model = model_of(cell, num_layers=2, attention=AttentionSettings(window=window))
    T, B = 4, 2
    # One symbol for each position: a row of the embedding is then the input at that position alone.
    model.parameters["embedding.weight"] = np.random.default_rng(2).standard_normal((T * B, 3))
    model = LanguageModel(model.settings, in_float64(model.parameters))
    ids, target = torch.arange(T * B).view(T, B), torch.tensor([1, 3])
    # Nonzero, so that forget gates matter. The clock of a clockwork, which has another width, stays at 0.
    state = map_state(model.fresh_state(B), lambda part: part + 0.25 * (part.shape[-1] == 4))
    found = input_gradient(model, ids, target, state)

    def nats(embedding):
        moved = LanguageModel(model.settings, {**model.parameters, "embedding.weight": embedding})
        logits, _ = moved.forward(ids, state)
        return torch.nn.functional.cross_entropy(logits[-1], target, reduction="sum").item()

    step, embedding = 1e-5, model.parameters["embedding.weight"]
    for position in range(T * B):
        for unit in range(3):
            up, down = embedding.clone(), embedding.clone()
            up[position, unit] += step
            down[position, unit] -= step
            slope = (nats(up) - nats(down)) / (2 * step)
            assert found[position // B, position % B, unit].item() == pytest.approx(slope, abs=1e-8, rel=1e-7)


def test_a_loss_does_not_depend_on_later_characters():
    """Another last character changes the loss that predicts it, and no other."""
    model = model_of("lstm")
    changed = IDS.copy()
    changed[-1] = (changed[-1] + 1) % V
    norms, others = (gradient_norms(model, ids, 20, 1000).norms for ids in (IDS, changed))
    assert len(norms) > 10
    np.testing.assert_array_equal(norms[:-1], others[:-1])
    assert (norms[-1] != others[-1]).all()


def test_an_rnn_without_recurrent_weights_has_no_gradient_to_the_past():
    model = model_of("rnn")
    model.parameters["recurrent.weight_hh_l0"][:] = 0
    norms = gradient_norms(model, IDS, 10, 8).norms
    assert (norms[:, 0] > 0).all()
    assert (norms[:, 1:] == 0).all()


def test_a_memory_without_forget_gate_carries_the_gradient_unchanged():
    """In lstm97 without recurrent weights dc'/dc is 1, so the gradient is the same at every distance."""
    model = model_of("lstm97")
    model.parameters["recurrent.weight_hh_l0"][:] = 0
    same = np.full(40, 2)  # one symbol, so that every step writes the same
    norms = gradient_norms(model, same, 30, 1).norms[0]
    # At k = 0 the output gate reads the input too. At larger distances only the memory connects input and loss.
    np.testing.assert_allclose(norms[1:], norms[1], rtol=1e-12)
    assert norms[1] > 0


@pytest.mark.parametrize("bias", [-2.0, 0.0, 1.5])
def test_the_gradient_of_an_lstm_without_recurrent_weights_falls_by_the_forget_gate(bias):
    model = model_of("lstm")
    for name in ("weight_hh", "weight_ih", "bias_hh"):
        model.parameters[f"recurrent.{name}_l0"][4:8] = 0
    model.parameters["recurrent.weight_hh_l0"][:] = 0
    model.parameters["recurrent.bias_ih_l0"][4:8] = bias
    found = gradient_norms(model, np.full(60, 1), 8, 1)
    forget = 1 / (1 + math.exp(-bias))
    np.testing.assert_allclose(found.norms[0, 2:] / found.norms[0, 1:-1], forget, rtol=1e-6)


def test_rows_are_independent(monkeypatch):
    """All positions at once give the same norms as one after another."""
    model = model_of("gru", num_layers=2)
    together = gradient_norms(model, IDS, 10, 12).norms
    monkeypatch.setattr("charlm.inspection.gradients.CHARACTERS_AT_ONCE", 1)
    alone = gradient_norms(model, IDS, 10, 12).norms
    assert together.shape == (12, 11)
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_the_factor_of_an_exponential_is_found():
    norms = GradientNorms(3.0 * 0.8 ** np.arange(31.0)[None, :])
    assert norms.factor == pytest.approx(0.8)
    assert norms.half_distance == pytest.approx(math.log(0.5) / math.log(0.8))
    assert norms.vanished_at is None
    growing = GradientNorms(1.1 ** np.arange(31.0)[None, :])
    assert growing.factor == pytest.approx(1.1)
    assert growing.half_distance is None


def test_vanished_norms_are_left_out_of_the_fit():
    values = 0.1 ** np.arange(20.0)
    values[15:] = 0
    norms = GradientNorms(values[None, :])
    assert norms.vanished_at == int(np.argmax(values < VANISHED))
    assert norms.factor == pytest.approx(0.1)
    assert GradientNorms(np.array([[1.0, 0.0, 0.0]])).factor is None


def test_quartiles_are_over_positions():
    norms = GradientNorms(np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]]))
    np.testing.assert_array_equal(norms.quartiles, [[1.5, 5.5], [2.0, 6.0], [2.5, 6.5]])
    assert norms.positions == 3


def test_a_text_shorter_than_the_distance_is_refused():
    model = model_of("rnn")
    with pytest.raises(TextError):
        gradient_norms(model, IDS[:11], 10, 4)
    assert gradient_norms(model, IDS[:12], 10, 4).norms.shape == (1, 11)


def test_a_record_is_read_from_a_fresh_state_and_nothing_is_before_it():
    """Records of 5 symbols; the symbol 0 ends each, and begins the one after it."""
    ids = np.tile([1, 2, 3, 4, 0], 40)
    model = model_of("lstm", num_layers=2)
    found = gradient_norms(model, ids, 8, 1000, end=0)
    columns = np.isnan(found.norms)
    assert (columns.sum(0) > 0).tolist() == [False, True, True, True, True, True, True, True, True]
    assert columns[:, 5:].all()
    assert (found.norms[~columns] > 0).all()
    assert np.isnan(found.median[5:]).all()
    assert found.factor is not None
    whole = in_float64(model.parameters)
    alone = LanguageModel(model.settings, whole)
    for row in (0, 3, 7):
        read = int((~columns[row]).sum())  # the end symbol, and what follows it
        own = torch.tensor([0, 1, 2, 3, 4][:read])[:, None]
        target = torch.tensor([[1, 2, 3, 4, 0][read - 1]])
        gradient = input_gradient(alone, own, target, alone.fresh_state(1))
        expected = gradient.norm(dim=-1)[:, 0].flip(0).numpy()
        np.testing.assert_allclose(found.norms[row, :read], expected, rtol=1e-9)
