"""Dropout on activations and on recurrent weights."""

from __future__ import annotations

import pytest
import torch

from charlm.config.settings import ModelSettings
from charlm.model.dropout import Dropout
from charlm.model.language_model import LanguageModel
from charlm.processes.lanes import share_of, whole


def drop(share, kind, seed=0):
    settings = ModelSettings(dropout=share, dropout_kind=kind)
    return Dropout(settings, torch.Generator().manual_seed(seed))(torch.ones(50, 20, 30))


@pytest.mark.parametrize("kind", ["standard", "locked"])
def test_dropout_keeps_the_mean(kind):
    assert drop(0.4, kind).mean().item() == pytest.approx(1, abs=0.05)
    assert set(drop(0.5, kind).unique().tolist()) == {0.0, 2.0}


def test_a_locked_mask_is_the_same_at_every_time_step():
    x = drop(0.5, "locked")
    assert (x == x[:1]).all()
    assert not (drop(0.5, "standard") == drop(0.5, "standard")[:1]).all()


@pytest.mark.parametrize("kind", ["standard", "locked"])
def test_masks_depend_on_the_generator_alone(kind):
    state = torch.get_rng_state()
    assert torch.equal(drop(0.5, kind), drop(0.5, kind))
    assert not torch.equal(drop(0.5, kind), drop(0.5, kind, seed=1))
    assert torch.equal(torch.get_rng_state(), state)


def test_shares_of_0_and_1():
    assert torch.equal(drop(0.0, "standard"), torch.ones(50, 20, 30))
    assert not drop(1.0, "standard").any()


def test_weight_drop_changes_recurrent_weights_alone():
    dropout = Dropout(ModelSettings(weight_drop=0.5), torch.Generator().manual_seed(0))
    weights = {name: torch.ones(64, 64) for name in ("recurrent.weight_hh_l0", "recurrent.weight_ih_l0", "head.weight")}
    model = LanguageModel(ModelSettings(), weights)
    first, second = dropout.on_weights(model).parameters, dropout.on_weights(model).parameters
    assert set(first["recurrent.weight_hh_l0"].unique().tolist()) == {0.0, 2.0}
    assert first["recurrent.weight_hh_l0"].mean().item() == pytest.approx(1, abs=0.1)
    assert not torch.equal(first["recurrent.weight_hh_l0"], second["recurrent.weight_hh_l0"])
    assert all(first[name] is weights[name] for name in ("recurrent.weight_ih_l0", "head.weight"))
    no_dropout = Dropout(ModelSettings(), torch.Generator())
    assert no_dropout.on_weights(model) is model


@pytest.mark.parametrize("kind", ["standard", "locked"])
def test_a_lane_has_the_same_mask_whatever_lanes_are_read_beside_it(kind):
    settings = ModelSettings(dropout=0.4, dropout_kind=kind)

    def mask(lanes):
        dropout = Dropout(settings, torch.Generator().manual_seed(3), lanes)
        return [dropout(torch.ones(5, lanes.count, 7)) for _ in range(2)]

    everything = mask(whole(6))
    for rank in range(3):
        lanes = share_of(6, rank, 3)
        for found, wanted in zip(mask(lanes), everything, strict=True):
            assert torch.equal(found, wanted[:, lanes.rows])
