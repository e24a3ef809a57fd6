"""Values of one text put into another."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import AttentionSettings, LayerSettings, ModelSettings
from charlm.errors import UsageError
from charlm.inspection.chosen_units import choose_units, unit_names
from charlm.inspection.patching import patch, patch_each, read_to_last
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.probabilities import log_softmax
from charlm.randomness import named_stream

V = 6
ONE, OTHER = np.random.default_rng(1).integers(0, V, (2, 24))
MODELS = [{"cell": cell} for cell in sorted(CELLS)] + [
    {"cell": "lstm", "attention": AttentionSettings(window=4)},
    {"layers": (LayerSettings(cell="gru", hidden_size=8), LayerSettings(cell="lstm", hidden_size=12))},
    {"cell": "gru", "residual": True},
]


def model_of(**given):
    settings = ModelSettings(**{"hidden_size": 8, "num_layers": 2, **given})
    return LanguageModel(settings, initial_parameters(settings, V, named_stream(1, "weights")))


def sizes_of(model):
    return [layer.hidden_size for layer in model.layers]


@pytest.mark.parametrize("given", MODELS, ids=str)
def test_a_state_patched_into_itself_changes_nothing(given):
    """The law, to the last bit, now and later."""
    model = model_of(**given)
    step = read_to_last(model, ONE)
    whole = choose_units(["1", "2"], sizes_of(model))
    found = patch(model, step, step, whole, OTHER[:5])
    np.testing.assert_array_equal(found.patched, found.plain)
    assert (found.divergence == 0).all()
    assert not patch_each(model, step, step).any()


@pytest.mark.parametrize("given", MODELS, ids=str)
def test_all_units_of_all_layers_bring_the_prediction_of_the_other_text(given):
    """Without attention, the prediction after the last character depends on nothing else."""
    model = model_of(**given)
    source, into = read_to_last(model, ONE), read_to_last(model, OTHER)
    found = patch(model, source, into, choose_units(["1", "2"], sizes_of(model)), OTHER[:3])
    if not model.settings.attention.window:
        np.testing.assert_allclose(found.patched[0], source.log_probabilities, atol=1e-5)
        assert found.recovered == pytest.approx(1, abs=1e-4)
    assert (found.divergence[:1] > 0).all()


def test_the_last_step_is_that_of_the_model():
    model = model_of(cell="mut1")
    logits, state = model.forward(ONE[:, None], model.fresh_state(1))
    step = read_to_last(model, ONE)
    np.testing.assert_allclose(step.log_probabilities, log_softmax(logits[-1, 0]), atol=1e-5)
    np.testing.assert_allclose(step.layers[1][1].h, state[1].h, atol=1e-5)


def test_units_one_by_one_are_those_of_patches_of_one_unit():
    model = model_of(cell="lstm")
    source, into = read_to_last(model, ONE), read_to_last(model, OTHER)
    each = patch_each(model, source, into)
    names = unit_names(sizes_of(model))
    assert len(each) == len(names) == 16
    for number in (0, 7, 8, 15):
        alone = patch(model, source, into, choose_units([names[number]], sizes_of(model)))
        assert each[number] == pytest.approx(alone.divergence[0], abs=1e-9)


def test_a_top_unit_that_the_head_does_not_read_moves_nothing_now():
    model = model_of(cell="gru")
    model.parameters["head.weight"][:, 3] = 0
    source, into = read_to_last(model, ONE), read_to_last(model, OTHER)
    found = patch(model, source, into, choose_units(["2:3"], sizes_of(model)), OTHER[:3])
    assert found.divergence[0] == 0
    assert (found.divergence[1:] > 0).all()


def test_units_by_name():
    assert [mask.nonzero()[0].tolist() for mask in choose_units(["1:2-3, 2"], [5, 3]).masks] == [[2, 3], [0, 1, 2]]
    assert choose_units(["2:0", "1:4"], [5, 3]).count == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("3:1", "There is no layer 3"),
        ("0:1", "There is no layer 0"),
        ("1:5", "units 0 to 4"),
        ("1:3-2", "units 0 to 4"),
        ("h5", "names no unit"),
        (",", "names no unit"),
    ],
)
def test_a_unit_that_is_not_there_is_refused(given, message):
    with pytest.raises(UsageError) as caught:
        choose_units([given], [5, 3])
    assert message in str(caught.value)
