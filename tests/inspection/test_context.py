"""Loss against the length of context."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import AttentionSettings, ModelSettings
from charlm.errors import TextError
from charlm.inspection.context import context_losses
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.probabilities import log_softmax
from charlm.randomness import named_stream

V = 6
IDS = np.random.default_rng(1).integers(1, V, 3000)


def model_of(**given):
    settings = ModelSettings(**{"hidden_size": 8, "num_layers": 2, **given})
    return LanguageModel(settings, initial_parameters(settings, V, named_stream(1, "weights")))


def nats_after(model, read, target):
    logits, _ = model.forward(np.array(read)[:, None], model.fresh_state(1))
    return -log_softmax(logits[-1, 0])[target]


@pytest.mark.parametrize("window", [0, 4])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_a_loss_is_that_after_as_many_characters_from_a_fresh_state(cell, window):
    model = model_of(cell=cell, attention=AttentionSettings(window=window))
    found = context_losses(model, IDS, (1, 2, 70), 5)
    assert found.lengths == (1, 2, 70)
    assert found.places[0] == 70
    assert found.places[-1] == len(IDS) - 1
    for number, length in enumerate(found.lengths):
        for column, at in enumerate(found.places):
            expected = nats_after(model, IDS[at - length : at], IDS[at])
            assert found.nats[number, column] == pytest.approx(expected, abs=1e-4)


def test_a_model_without_recurrence_needs_one_character():
    model = model_of(cell="rnn")
    for layer in (0, 1):
        model.parameters[f"recurrent.weight_hh_l{layer}"][:] = 0
    found = context_losses(model, IDS, (1, 2, 4, 8), 400)
    np.testing.assert_allclose(found.excess, 0, atol=1e-6)
    assert found.enough(1e-3) == 1


def test_intervals_hold_the_means_and_need_ten_blocks():
    many = np.tile(IDS, 5)
    found = context_losses(model_of(cell="gru"), many, (1, 4), 600)
    for mean, interval in zip(found.means, found.intervals, strict=True):
        assert interval.low < mean < interval.high
        assert interval.blocks == 15
    assert found.excess_intervals[-1].high == 0
    assert context_losses(model_of(cell="gru"), IDS, (1, 4), 600).intervals == [None, None]


def test_a_record_begins_with_its_end_symbol_and_nothing_before_it_counts():
    ids = np.array([3, 4, 0, 5, 2, 0, 2, 2])
    model = model_of()
    found = context_losses(model, ids, (1, 2, 8), 100, end=0)
    np.testing.assert_array_equal(found.places, np.arange(8))
    begun = [[0], [0, 3], [0, 3, 4], [0], [0, 5], [0, 5, 2], [0], [0, 2]]
    for number, length in enumerate(found.lengths):
        expected = [nats_after(model, read[-length:], target) for read, target in zip(begun, ids, strict=True)]
        np.testing.assert_allclose(found.nats[number], expected, atol=1e-5)


def test_a_text_that_is_too_short_names_a_length_that_it_is_long_enough_for():
    with pytest.raises(TextError, match="512") as caught:
        context_losses(model_of(), IDS[:30], (1, 512), 10)
    assert "--longest 29" in caught.value.remedy
    assert context_losses(model_of(), IDS[:30], (1, 29), 10).nats.shape == (2, 1)
