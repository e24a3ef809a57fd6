"""Stacks of every kind: mixed cells, widths, residual connections, a look back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.config.settings import ModelSettings
from charlm.engines.choosing import run_with_torch
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters, parameter_shapes
from charlm.model.stack import build_layers, unroll_layer
from charlm.model.state import map_state, reset_rows
from charlm.model.stepping import DefinitionStepper

V, T, B = 7, 9, 3

STACKS = {
    "mixed": {"layers": ({"cell": "lstm"}, {"cell": "gru"}, {"cell": "clockwork"})},
    "widths": {"layers": ({"cell": "lstm", "hidden_size": 12}, {"hidden_size": 4}, {"cell": "rnn"})},
    "memory from another cell": {"layers": ({"cell": "lstm"}, {"cell": "depth_gated"}, {"cell": "grid"})},
    "options of a layer": {"layers": ({"cell": "gru", "cell_options": {"first_form": True}}, {"cell": "gru"})},
    "residual": {"residual": True, "num_layers": 3},
    "residual grid": {"residual": True, "cell": "grid", "num_layers": 3},
    "attention": {"attention": {"window": 4}},
    "all of it": {
        "layers": ({"cell": "peephole"}, {"cell": "grid"}, {"cell": "mut1"}),
        "residual": True,
        "attention": {"window": 2},
        "tied": True,
    },
}

every_stack = pytest.mark.parametrize("stack", STACKS)


def model(stack):
    settings = ModelSettings(hidden_size=8, **STACKS[stack])
    return settings, initial_parameters(settings, V, np.random.default_rng(0))


def ids(seed=1):
    return np.random.default_rng(seed).integers(0, V, (T, B))


@every_stack
def test_values_have_the_declared_names_and_shapes(stack):
    settings, values = model(stack)
    assert {name: value.shape for name, value in values.items()} == parameter_shapes(settings, V)


@every_stack
def test_numpy_torch_and_the_fast_forms_agree(stack):
    settings, values = model(stack)
    defined, _ = LanguageModel(settings, values).forward(ids(), LanguageModel(settings, values).fresh_state(B))
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
    gradients = []
    for form in (unroll_layer, run_with_torch):
        logits, _ = LanguageModel(settings, weights).forward(
            torch.tensor(ids()), LanguageModel(settings, weights).fresh_state(B), form
        )
        np.testing.assert_allclose(logits.detach().numpy(), defined, atol=2e-6)
        gradients.append(torch.autograd.grad(logits.square().mean(), list(weights.values())))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-7)


@every_stack
def test_one_step_after_another_is_the_whole_sequence(stack):
    settings, values = model(stack)
    whole, end = LanguageModel(settings, values).forward(ids(), LanguageModel(settings, values).fresh_state(B))
    stepper = DefinitionStepper(LanguageModel(settings, values))
    state, rows = stepper.fresh(B), []
    for symbols in ids():
        logits, state = stepper.step(symbols, state)
        rows.append(logits)
    np.testing.assert_allclose(np.stack(rows), whole, atol=2e-6)
    for layer, other in zip(state, end, strict=True):
        for part, expected in zip(layer, other, strict=True):
            np.testing.assert_allclose(part, expected, atol=2e-6)


@every_stack
def test_a_reset_row_is_as_a_fresh_row(stack):
    settings, values = model(stack)
    start = LanguageModel(settings, values).fresh_state(B)
    fresh, after = LanguageModel(settings, values).forward(ids(), start)
    again, _ = LanguageModel(settings, values).forward(ids(), reset_rows(after, np.array([0, 1, 0], np.float32)))
    np.testing.assert_array_equal(again[:, 1], fresh[:, 1])
    assert (again[:, 0] != fresh[:, 0]).any()


def test_a_residual_connection_adds_what_a_layer_reads():
    """With the upper layers silenced, what is left is what the lowest one gives."""
    deep, values = model("residual")
    for name, value in values.items():
        if name.startswith("recurrent.") and not name.endswith("_l0"):
            value[:] = 0
    lowest = ModelSettings(hidden_size=8, num_layers=1)
    ours, _ = LanguageModel(deep, values).forward(ids(), LanguageModel(deep, values).fresh_state(B))
    theirs, _ = LanguageModel(lowest, values).forward(ids(), LanguageModel(lowest, values).fresh_state(B))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_the_memory_that_goes_up_carries_its_gradient():
    settings, values = model("memory from another cell")
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
    for form in (unroll_layer, run_with_torch):
        logits, _ = LanguageModel(settings, weights).forward(
            torch.tensor(ids()), LanguageModel(settings, weights).fresh_state(B), form
        )
        (gradient,) = torch.autograd.grad(logits.square().sum(), weights["recurrent.look_l1"])
        assert gradient.abs().min() > 0


def test_a_layer_knows_what_it_reads():
    grid, grown = build_layers(ModelSettings(cell="grid", num_layers=2)), build_layers(model("widths")[0])
    assert [(layer.reads_below, layer.read_above) for layer in grid] == [(False, True), (True, False)]
    assert [(layer.input_size, layer.hidden_size) for layer in grown] == [(8, 12), (12, 4), (4, 8)]


def test_a_state_is_never_changed_in_place():
    settings, values = model("all of it")
    state = map_state(LanguageModel(settings, values).fresh_state(B), lambda part: part + 0.25)
    before = map_state(state, np.copy)
    LanguageModel(settings, values).forward(ids(), state)
    for layer, other in zip(state, before, strict=True):
        for part, same in zip(layer, other, strict=True):
            np.testing.assert_array_equal(part, same)
