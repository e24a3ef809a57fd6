"""Stacks of every kind: mixed cells, widths, residual connections, attention."""

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


def model_of(stack):
    settings = ModelSettings(hidden_size=8, **STACKS[stack])
    return LanguageModel(settings, initial_parameters(settings, V, np.random.default_rng(0)))


def in_torch(model):
    """The same model with parameters that have gradients."""
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in model.parameters.items()}
    return LanguageModel(model.settings, weights)


def random_ids(seed=1):
    return np.random.default_rng(seed).integers(0, V, (T, B))


def logits_of(model, ids, *recurrence):
    return model.forward(ids, model.fresh_state(B), *recurrence)[0]


def assert_states_close(state, expected, **tolerances):
    for layer, other in zip(state, expected, strict=True):
        for part, value in zip(layer, other, strict=True):
            np.testing.assert_allclose(part, value, **tolerances)


@every_stack
def test_parameters_have_the_declared_names_and_shapes(stack):
    model = model_of(stack)
    shapes = {name: value.shape for name, value in model.parameters.items()}
    assert shapes == parameter_shapes(model.settings, V)


@every_stack
def test_numpy_torch_and_the_engines_agree(stack):
    model = model_of(stack)
    expected = logits_of(model, random_ids())
    trainable, gradients = in_torch(model), []
    for recurrence in (unroll_layer, run_with_torch):
        logits = logits_of(trainable, torch.tensor(random_ids()), recurrence)
        np.testing.assert_allclose(logits.detach().numpy(), expected, atol=2e-6)
        gradients.append(torch.autograd.grad(logits.square().mean(), list(trainable.parameters.values())))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-7)


@every_stack
def test_stepping_equals_the_whole_sequence(stack):
    model = model_of(stack)
    expected, end = model.forward(random_ids(), model.fresh_state(B))
    stepper = DefinitionStepper(model)
    state, rows = stepper.fresh(B), []
    for symbols in random_ids():
        logits, state = stepper.step(symbols, state)
        rows.append(logits)
    np.testing.assert_allclose(np.stack(rows), expected, atol=2e-6)
    assert_states_close(state, end, atol=2e-6)


@every_stack
def test_a_reset_row_equals_a_fresh_row(stack):
    model = model_of(stack)
    fresh, after = model.forward(random_ids(), model.fresh_state(B))
    again, _ = model.forward(random_ids(), reset_rows(after, np.array([0, 1, 0], np.float32)))
    np.testing.assert_array_equal(again[:, 1], fresh[:, 1])
    assert (again[:, 0] != fresh[:, 0]).any()


def test_a_residual_connection_adds_the_input_of_a_layer_to_its_output():
    """With zero weights in the upper layers, the stack gives the output of the lowest layer."""
    deep = model_of("residual")
    for name, value in deep.parameters.items():
        if name.startswith("recurrent.") and not name.endswith("_l0"):
            value[:] = 0
    lowest = LanguageModel(ModelSettings(hidden_size=8, num_layers=1), deep.parameters)
    np.testing.assert_allclose(logits_of(deep, random_ids()), logits_of(lowest, random_ids()), atol=1e-6)


def test_gradients_reach_the_weights_that_read_the_memory_below():
    model = in_torch(model_of("memory from another cell"))
    for recurrence in (unroll_layer, run_with_torch):
        logits = logits_of(model, torch.tensor(random_ids()), recurrence)
        (gradient,) = torch.autograd.grad(logits.square().sum(), model.parameters["recurrent.look_l1"])
        assert gradient.abs().min() > 0


def test_layers_are_wired_as_their_cells_and_widths_require():
    grid = build_layers(ModelSettings(cell="grid", num_layers=2))
    assert [(layer.reads_below, layer.read_above) for layer in grid] == [(False, True), (True, False)]
    widths = model_of("widths").layers
    assert [(layer.input_size, layer.hidden_size) for layer in widths] == [(8, 12), (12, 4), (4, 8)]


def test_a_state_is_never_changed_in_place():
    model = model_of("all of it")
    state = map_state(model.fresh_state(B), lambda part: part + 0.25)
    before = map_state(state, np.copy)
    model.forward(random_ids(), state)
    assert_states_close(state, before, rtol=0)


@pytest.mark.parametrize("stack", ["mixed", "all of it"])
def test_a_symbol_that_is_not_to_be_written_has_a_hopeless_logit_and_is_still_read(stack):
    model = model_of(stack)
    muted = model.without_writing(2)
    ids = np.random.default_rng(1).integers(0, V, (T, B))
    logits, state = model.forward(ids, model.fresh_state(B))
    others, after = muted.forward(ids, muted.fresh_state(B))
    kept = [0, 1, 3, 4, 5, 6]
    np.testing.assert_array_equal(logits[..., kept], others[..., kept])
    assert (others[..., 2] < -1e29).all()
    assert np.isfinite(others).all()
    for one, other in zip(state, after, strict=True):
        for part, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, same)
    assert model.without_writing(None) is model
    assert model.parameters["head.bias"][2] == 0
