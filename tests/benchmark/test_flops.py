import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from charlm.benchmark.flops import Product, flops, of_forward, of_update, streamed_weights
from charlm.cells.table import CELLS
from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel
from charlm.model.parameters import initial_parameters, parameter_shapes
from charlm.model.stack import unroll_layer

V, T, B = 11, 5, 3


def model(cell="lstm", **settings):
    return ModelSettings(cell=cell, num_layers=2, hidden_size=8, **settings)


def test_those_of_an_lstm_are_as_counted_by_hand():
    there = [Product(B, 8, 32, T), Product(T * B, 8, 32), Product(B, 8, 32, T), Product(T * B, 8, V)]
    assert sorted(of_forward(model(), V, B, T), key=repr) == sorted(there, key=repr)
    assert flops(there) == 2 * T * B * (3 * 8 * 32 + 8 * V)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell != "clockwork"])  # whose blocks are joined to one
def test_torch_counts_the_same_going_there_and_back(cell):
    settings = model(cell)
    weights = {
        name: torch.tensor(value) for name, value in initial_parameters(settings, V, np.random.default_rng(1)).items()
    }
    row = 2 * 8 * parameter_shapes(settings, V)["recurrent.weight_ih_l0"][0]  # of the lowest layer's input product
    ids = torch.zeros(T, B, dtype=torch.long)

    def read():
        return (
            LanguageModel(settings, weights)
            .forward(ids, LanguageModel(settings, weights).fresh_state(B), unroll_layer)[0]
            .sum()
        )

    with FlopCounterMode(display=False) as there, torch.no_grad():
        read()
    lowest = there.get_total_flops() - flops(of_forward(settings, V, B, T))
    assert lowest in (row * V, row * T * B)  # the product is made for each symbol, or for each character

    for weight in weights.values():
        weight.requires_grad_()
    with FlopCounterMode(display=False) as both:
        torch.autograd.backward(read())
    # Of the state before the first step no gradient is wanted, nor one by the characters.
    assert both.get_total_flops() <= flops(of_update(settings, V, B, T)) + 3 * lowest
    assert both.get_total_flops() >= flops(of_update(settings, V, B, T)) * (1 - 1 / T)


@pytest.mark.parametrize("cell", CELLS)
def test_an_update_is_three_times_a_reading(cell):
    settings = model(cell)
    assert flops(of_update(settings, V, B, T)) == 3 * flops(of_forward(settings, V, B, T))


@pytest.mark.parametrize("tied", [False, True])
def test_all_weights_are_streamed_but_those_of_other_characters(tied):
    settings = model(tied=tied)
    named = {name: int(np.prod(shape)) for name, shape in parameter_shapes(settings, V).items()}
    embedding = 0 if tied else named["embedding.weight"]
    without = embedding + named["recurrent.weight_ih_l0"] - 32
    assert streamed_weights(settings, V) == (sum(named.values()) - without)
