"""The matrix products of a model, against counting by hand and against torch's counter."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from charlm.benchmark.flops import Product, count_flops, count_weights_read, forward_products, update_products
from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters, parameter_shapes
from charlm.model.stack import unroll_layer

V, T, B = 11, 5, 3


def model_settings(cell="lstm", **options):
    return ModelSettings(cell=cell, num_layers=2, hidden_size=8, **options)


def test_the_products_of_an_lstm_are_as_counted_by_hand():
    forward = [Product(B, 8, 32, T), Product(T * B, 8, 32), Product(B, 8, 32, T), Product(T * B, 8, V)]
    assert sorted(forward_products(model_settings(), V, B, T), key=repr) == sorted(forward, key=repr)
    assert count_flops(forward) == 2 * T * B * (3 * 8 * 32 + 8 * V)


# Matrices may be made of others, or of blocks; what a matrix memory multiplies its state with is no product of a model.
OTHERS = ("clockwork", "mogrifier", "slstm", "rg_lru", "matrix_lstm", "gated_delta", "ntm")


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell not in OTHERS])
def test_torch_counts_the_same_forward_and_backward(cell):
    settings = model_settings(cell)
    weights = {
        name: torch.tensor(value) for name, value in initial_parameters(settings, V, np.random.default_rng(1)).items()
    }
    row = 2 * 8 * parameter_shapes(settings, V)["recurrent.weight_ih_l0"][0]  # of the input product of the lowest layer
    ids = torch.zeros(T, B, dtype=torch.long)

    def read():
        model = LanguageModel(settings, weights)
        logits, _ = model.forward(ids, model.fresh_state(B), unroll_layer)
        return logits.sum()

    with FlopCounterMode(display=False) as forward, torch.no_grad():
        read()
    lowest = forward.get_total_flops() - count_flops(forward_products(settings, V, B, T))
    assert lowest in (row * V, row * T * B)  # once for each symbol, or once for each character

    for weight in weights.values():
        weight.requires_grad_()
    with FlopCounterMode(display=False) as both:
        torch.autograd.backward(read())
    # No gradient is computed for the state before the first step, nor for the characters.
    assert both.get_total_flops() <= count_flops(update_products(settings, V, B, T)) + 3 * lowest
    assert both.get_total_flops() >= count_flops(update_products(settings, V, B, T)) * (1 - 1 / T)


def test_torch_counts_the_same_for_blocks():
    """With a convolution, the lowest cell reads vectors; what the symbols alone determine counts as nothing."""
    settings = model_settings("gru", residual=True, block={"norm": "rms", "conv": 4, "gate": True, "mlp": 2})
    values = initial_parameters(settings, V, np.random.default_rng(1))
    model = LanguageModel(settings, {name: torch.tensor(value) for name, value in values.items()})
    with FlopCounterMode(display=False) as forward, torch.no_grad():
        model.forward(torch.zeros(T, B, dtype=torch.long), model.fresh_state(B), unroll_layer)
    by_symbol = 2 * 8 * 16 * V
    assert forward.get_total_flops() == count_flops(forward_products(settings, V, B, T)) + by_symbol


@pytest.mark.parametrize("cell", CELLS)
def test_an_update_is_three_times_a_forward_pass(cell):
    settings = model_settings(cell)
    assert count_flops(update_products(settings, V, B, T)) == 3 * count_flops(forward_products(settings, V, B, T))


@pytest.mark.parametrize("tied", [False, True])
def test_all_weights_are_read_but_those_of_other_characters(tied):
    settings = model_settings(tied=tied)
    named = {name: int(np.prod(shape)) for name, shape in parameter_shapes(settings, V).items()}
    embedding = 0 if tied else named["embedding.weight"]
    without = embedding + named["recurrent.weight_ih_l0"] - 32
    assert count_weights_read(settings, V) == (sum(named.values()) - without)
