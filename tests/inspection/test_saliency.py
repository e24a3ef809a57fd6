"""Attributions to characters: what they add up to, and models whose attributions are known."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import AttentionSettings, ModelSettings
from charlm.inspection.places import place_in
from charlm.inspection.randomising import randomise, rank_correlation, shuffled
from charlm.inspection.saliency import TOLERANCE, likeliest_after, saliency
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.probabilities import log_softmax
from charlm.randomness import named_stream

V = 6
IDS = np.random.default_rng(1).integers(0, V, 300)


def model_of(cell="lstm", **more):
    settings = ModelSettings(**{"cell": cell, "hidden_size": 8, "num_layers": 2, "embedding_dim": 5, **more})
    parameters = initial_parameters(settings, V, named_stream(1, "weights"))
    # far from linear; three weights in a row make a power, and a matrix_lstm is far from it in any case
    factor = np.float32({"multiplicative": 1.25, "matrix_lstm": 1}.get(cell, 2))
    return LanguageModel(settings, {name: factor * value for name, value in parameters.items()})


def log_probability(model, place, target):
    logits, _ = model.forward(np.concatenate([place.before, place.inside])[:, None], model.fresh_state(1))
    return log_softmax(logits[-1, 0])[target]


@pytest.mark.parametrize("window", [0, 4])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_integrated_gradients_add_up_to_the_difference(cell, window):
    """The law of completeness, at 1 %."""
    model = model_of(cell, attention=AttentionSettings(window=window))
    for at in (3, 60):
        place = place_in(IDS, at, 20)
        found = saliency(model, place, int(IDS[at]))
        assert found.complete
        assert abs(found.integrated.sum() - found.difference) <= TOLERANCE * abs(found.difference)
        assert found.log_probability == pytest.approx(log_probability(model, place, int(IDS[at])), abs=1e-5)


def test_the_baseline_is_an_input_of_zeros():
    model = model_of()
    place = place_in(IDS, 15, 15)
    nothing = LanguageModel(
        model.settings, {**model.parameters, "embedding.weight": 0 * model.parameters["embedding.weight"]}
    )
    assert saliency(model, place, 2).of_nothing == pytest.approx(log_probability(nothing, place, 2), abs=1e-5)


def test_a_character_that_the_model_cannot_see_has_no_part_in_it():
    """Its embedding is zero."""
    model = model_of("gru")
    model.parameters["embedding.weight"][3] = 0
    place = place_in(IDS, 80, 30)
    found = saliency(model, place, 1)
    unseen = place.inside == 3
    assert unseen.any()
    assert (found.integrated[unseen] == 0).all()
    assert (found.gradient_input[unseen] == 0).all()
    assert (found.integrated[~unseen] != 0).all()


def test_without_recurrent_weights_the_last_character_decides_alone():
    model = model_of("rnn", num_layers=1)
    model.parameters["recurrent.weight_hh_l0"][:] = 0
    found = saliency(model, place_in(IDS, 80, 30), 1)
    assert (found.integrated[:-1] == 0).all()
    assert found.integrated[-1] == pytest.approx(found.difference, rel=TOLERANCE)


def test_the_likeliest_is_that_of_the_model():
    model = model_of()
    place = place_in(IDS, 80, 30)
    likeliest = likeliest_after(model, place)
    assert max(range(V), key=lambda each: log_probability(model, place, each)) == likeliest


def test_shuffling_moves_the_values_of_recurrent_matrices_alone():
    model = model_of("clockwork", hidden_size=32)
    other = shuffled(model, named_stream(0, "shuffle", 0))
    for name, value in model.parameters.items():
        moved = other.parameters[name]
        assert sorted(moved.ravel()) == sorted(value.ravel())
        assert (moved == value).all() == (".weight_hh" not in name)


def test_maps_of_a_shuffled_model_are_compared_by_ranks():
    model, place = model_of(), place_in(IDS, 80, 30)
    found = saliency(model, place, 1)
    compared = randomise(model, place, found, shuffles=2)
    assert compared.integrated.shape == compared.gradient_input.shape == (2,)
    assert randomise(model, place, found, shuffles=2).integrated.tolist() == compared.integrated.tolist()
    assert compared.passed == (max(compared.integrated.mean(), compared.gradient_input.mean()) < 0.3)


def test_rank_correlation_of_known_orders():
    one = np.array([1.0, 5.0, 2.0, 9.0])
    assert rank_correlation(one, np.exp(one)) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)
    assert rank_correlation(one, np.zeros(4)) == 0
