"""What the head makes of lower layers."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import AttentionSettings, LayerSettings, ModelSettings
from charlm.inspection.lens import lens
from charlm.inspection.text_rows import in_order, rows_of
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.model.probabilities import log_softmax
from charlm.randomness import named_stream
from charlm.text.lanes import NO_TARGET

V = 6
IDS = np.random.default_rng(1).integers(1, V, 400)


def model_of(**given):
    settings = ModelSettings(**{"hidden_size": 8, "num_layers": 2, **given})
    return LanguageModel(settings, initial_parameters(settings, V, named_stream(1, "weights")))


@pytest.mark.parametrize("window", [0, 4])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_the_last_view_is_the_model(cell, window):
    model = model_of(cell=cell, attention=AttentionSettings(window=window))
    found = lens(model, rows_of(IDS, None))
    logits, _ = model.forward(IDS[:-1, None], model.fresh_state(1))
    logs = log_softmax(logits[:, 0])
    np.testing.assert_allclose(found.last.nats, -logs[np.arange(399), IDS[1:]], atol=1e-4)
    assert [view.name for view in found.views] == ["layer 1", "layer 1, fitted", "layer 2"]
    assert found.agreement(found.last) == 1
    assert ((found.last.ranks == 0) == (found.last.likeliest == found.targets)).all()


def test_a_residual_layer_that_adds_nothing_leaves_the_lens_as_it_is():
    """An rnn with weights of zero puts out zero."""
    model = model_of(cell="rnn", residual=True)
    for name in model.parameters:
        if name.endswith("_l1"):
            model.parameters[name][:] = 0
    found = lens(model, rows_of(IDS, None))
    np.testing.assert_allclose(found.views[0].nats, found.last.nats, atol=1e-6)
    assert found.agreement(found.views[0]) == 1


def test_the_lens_reads_the_stream_of_blocks():
    """A block whose parts put out zero hands up what it reads."""
    model = model_of(residual=True, block={"norm": "rms", "conv": 4, "gate": True, "mlp": 1})
    for name in ("blocks.1.out", "blocks.1.mlp_out"):
        model.parameters[name][:] = 0
    found = lens(model, rows_of(IDS, None))
    np.testing.assert_allclose(found.views[0].nats, found.last.nats, atol=1e-6)


def test_a_fitted_lens_finds_what_a_linear_layer_above_makes():
    """With tiny weights the top layer is linear, and reads its input alone."""
    model = model_of(cell="rnn")
    model.parameters["recurrent.weight_ih_l1"] *= 1e-3
    model.parameters["recurrent.weight_hh_l1"][:] = 0
    model.parameters["head.weight"] *= 1e3
    found = lens(model, rows_of(IDS, None))
    plain, fitted, last = found.views
    assert found.agreement(fitted) > 0.97
    np.testing.assert_allclose(fitted.nats[found.judged], last.nats[found.judged], atol=0.1)
    assert found.agreement(plain) < 0.9


def test_a_layer_of_another_width_is_only_fitted():
    model = model_of(layers=(LayerSettings(cell="gru", hidden_size=5), LayerSettings(cell="lstm", hidden_size=7)))
    found = lens(model, rows_of(IDS, None))
    assert [view.name for view in found.views] == ["layer 1, fitted", "layer 2"]
    assert found.missing == ("layer 1 cannot be read by the head: it has 5 units, and the head reads 7",)


def test_a_short_text_is_not_fitted():
    found = lens(model_of(), rows_of(IDS[:20], None))
    assert [view.name for view in found.views] == ["layer 1", "layer 2"]
    assert "36 characters" in found.missing[0]


def test_records_are_read_from_a_fresh_state_each():
    ids = np.array([3, 4, 0, 5, 0, 2, 2])
    (rows,) = groups = rows_of(ids, 0)
    assert rows.inputs.T.tolist() == [[0, 3, 4], [0, 5, 0], [0, 2, 2]]
    assert rows.targets.T.tolist() == [[3, 4, 0], [5, 0, NO_TARGET], [2, 2, NO_TARGET]]
    np.testing.assert_array_equal(in_order(groups, [rows.targets]), ids)
    model = model_of(cell="gru")
    found = lens(model, groups)
    logits, _ = model.forward(np.array([[0], [5]]), model.fresh_state(1))
    np.testing.assert_allclose(found.last.nats[3:5], -log_softmax(logits[:, 0])[[0, 1], [5, 0]], atol=1e-5)


def test_a_long_record_among_many_short_ones_is_in_a_group_of_its_own():
    ids = np.concatenate([np.tile([1, 2, 0], 20_000), np.full(40_000, 3), [0], [1, 0]])
    groups = rows_of(ids, 0)
    assert max(group.inputs.size for group in groups) <= 1 << 16
    assert groups[0].inputs.shape == (40_001, 1)
    np.testing.assert_array_equal(in_order(groups, [group.targets for group in groups]), ids)
