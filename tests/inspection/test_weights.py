"""Norms, spectra, biases and unused units."""

from __future__ import annotations

import numpy as np
import pytest

from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.inspection.weight_blocks import block_names
from charlm.inspection.weights import unit_use, weigh
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters
from charlm.randomness import named_stream

V = 6
IDS = np.random.default_rng(1).integers(1, V, 800)


def model_of(cell="lstm", **given):
    settings = ModelSettings(**{"cell": cell, "hidden_size": 8, "num_layers": 2, **given})
    return LanguageModel(settings, initial_parameters(settings, V, named_stream(1, "weights")))


ORDERS = {
    "rnn": ("candidate",),
    "lstm97": ("input", "candidate", "output"),
    "lstm": ("input", "forget", "candidate", "output"),
    "peephole": ("input", "forget", "candidate", "output"),
    "cifg": ("forget", "candidate", "output"),
    "gru": ("reset", "update", "candidate"),
    "memory_gated": ("remember", "forget", "output"),
    "depth_gated": ("input", "forget", "candidate", "output"),
    "clockwork": ("candidate",),
    "grid": (
        "input", "forget", "candidate", "output", "depth_input", "candidate 2", "depth_output", "depth_forget",
    ),
    "mut1": ("reset", "candidate"),
    "multiplicative": ("candidate", "input", "forget", "candidate 2", "output"),
    "highway": ("candidate", "carry", "candidate 2", "carry 2", "candidate 3", "carry 3"),
    "mogrifier": ("input", "forget", "candidate", "output"),
    "slstm": ("input", "forget", "candidate", "output"),
}  # fmt: skip


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_a_new_recurrent_matrix_is_orthogonal_and_its_blocks_have_the_names_of_the_gates(cell):
    report = weigh(model_of(cell))
    top = [spectrum for spectrum in report.spectra if spectrum.layer == 2]
    if cell in ORDERS:
        assert sorted(spectrum.gate for spectrum in top) == sorted(ORDERS[cell])
    for spectrum in top:
        assert spectrum.singular_values.shape == (8,)
        assert (np.diff(spectrum.singular_values) <= 0).all()
        assert spectrum.radius <= spectrum.singular_values[0] + 1e-9
        if cell == "slstm":  # its matrix starts at zero
            assert not spectrum.singular_values.any()
        elif cell != "clockwork":  # that one is block-triangular
            np.testing.assert_allclose(spectrum.singular_values, 1, atol=1e-5)
            assert spectrum.stable_rank == pytest.approx(8, abs=1e-3)
    assert {norm.name for norm in report.norms} == set(model_of(cell).parameters)


def test_biases_are_summed_by_gate():
    report = weigh(model_of("lstm", cell_options={"forget_bias": 3.0}))
    medians = {(bias.layer, bias.gate): float(np.median(bias.values)) for bias in report.biases}
    assert medians == {
        (layer, gate): 3.0 * (gate == "forget")
        for layer in (1, 2)
        for gate in ("input", "forget", "candidate", "output")
    }


def test_blocks_are_found_by_what_they_change():
    layer = model_of("mut1").layers[0]
    assert block_names(layer, "weight_ih") == ("update", "reset", "candidate")
    assert block_names(layer, "weight_hh") == ("reset", "candidate")


def test_norms_are_those_of_the_arrays():
    model = model_of("gru")
    for norm in weigh(model).norms:
        value = model.parameters[norm.name]
        assert norm.norm == pytest.approx(np.linalg.norm(value), rel=1e-5)
        assert norm.rms == pytest.approx(np.sqrt(np.mean(value**2)), rel=1e-5)
        assert norm.largest == np.abs(value).max()


def test_units_that_never_move_and_units_that_are_stuck_are_found():
    model = model_of("rnn")
    for name in ("weight_ih_l1", "weight_hh_l1"):
        model.parameters[f"recurrent.{name}"][[2, 5]] = 0
    model.parameters["recurrent.bias_ih_l1"][5] = -20
    below, top = unit_use(model, IDS)
    assert top.dead.tolist() == [2]
    assert top.saturated.tolist() == [5]
    assert not below.dead.size


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_every_cell_has_outputs(cell):
    assert [use.deviations.shape for use in unit_use(model_of(cell), IDS)] == [(8,), (8,)]
