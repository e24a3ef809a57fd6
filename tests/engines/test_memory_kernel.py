"""The memory of an ntm in C against its definition, to train and to score. Float32 against float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from charlm.cells.ntm import NTM
from charlm.cells.unroll import unroll
from charlm.config.settings import ModelSettings
from charlm.device import Compute
from charlm.engines import memory_window
from charlm.engines.choices import engines_of
from charlm.engines.memory_kernel import can_run, has_kernel, with_kernel
from charlm.engines.memory_turns import Turns, TurnsBack

T, B, I, H = 6, 3, 5, 12  # noqa: E741
FORMS = [
    {},
    {"lstm_controller": True},
    {"read_heads": 2, "write_heads": 3, "shifts": 2, "places": 33, "width": 7},  # no whole number of vectors
    {"shifts": 0, "places": 16, "width": 3},
]

needs_kernel = pytest.mark.skipif(not has_kernel(NTM()), reason="the kernels are not compiled")


def defined(cell, weights, x, state):
    outputs, _, after = unroll(cell, weights, x, state)
    return outputs, after


def results(run, cell, dtype):
    """Outputs, the state after them, and all gradients."""
    rng = np.random.default_rng(1)

    def tensor(*shape, factor=0.5):
        return torch.tensor(factor * rng.standard_normal(shape), dtype=torch.float32).to(dtype).requires_grad_()

    weights = {key: tensor(*shape) for key, shape in cell.shapes(I, H).items()}
    x = tensor(T, B, I)
    state = cell.fresh_state(B, I, H, like=x)
    begun = type(state)(*(tensor(*part.shape, factor=1e-4) for part in state))  # shares stay positive
    outputs, after = run(cell, weights, x, begun)
    given = [torch.tensor(rng.standard_normal(each.shape), dtype=dtype) for each in (outputs, *after)]
    loss = sum((each * factor).sum() for each, factor in zip((outputs, *after), given, strict=True))
    loss.backward()
    return [outputs, *after, x.grad, *(part.grad for part in begun), *(value.grad for value in weights.values())]


@needs_kernel
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_outputs_states_and_gradients_are_those_of_the_definition(form):
    exact = results(defined, NTM(**form), torch.float64)
    for right, found in zip(exact, results(memory_window.run, NTM(**form), torch.float32), strict=True):
        scale = max(1e-3, float(right.detach().abs().max()))
        assert float((found.detach() - right.detach()).abs().max()) < 3e-5 * scale


@needs_kernel
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_without_gradients_it_gives_the_same(form):
    cell, rng = NTM(**form), np.random.default_rng(1)
    weights = {key: torch.tensor(value) for key, value in cell.initial_weights(rng, I, H).items()}
    x = torch.randn(T, B, I, requires_grad=True)
    state = cell.fresh_state(B, I, H, like=x)
    outputs, after = memory_window.run(cell, weights, x, state)
    with torch.no_grad():
        again, after_again = memory_window.run(cell, weights, x, state)
    for one, other in zip((outputs, *after), (again, *after_again), strict=True):
        torch.testing.assert_close(one.detach(), other)


@needs_kernel
def test_numbers_beyond_the_limit_have_no_gradient():
    places = with_kernel(NTM(places=16, width=3)).memory_of_places
    asked = torch.zeros(1, 1, places.numbers)
    asked[0, 0, ::2] = 25.0
    turns = Turns(places, asked, torch.full((2, 16), 1 / 16), torch.randn(1, 48), torch.zeros(1, 32), torch.zeros(1, 3))
    turns.forward(0)
    d_asked = TurnsBack(turns, torch.zeros(1, 48), torch.arange(32.0)[None]).backward(0, torch.ones(1, 3))
    assert (d_asked[0, ::2] == 0).all()
    assert d_asked.any()


@needs_kernel
def test_it_is_chosen_for_float32_on_a_cpu_alone():
    settings = ModelSettings(cell="ntm", num_layers=1, hidden_size=16)
    found = engines_of(settings, Compute("cpu", "fp32", "a CPU", 1))
    assert {*found.train, *found.score, *found.score_numpy} == {"memory kernel"}
    assert not found.notes
    assert not can_run(NTM(), np.zeros(1))
    assert not can_run(NTM(), torch.zeros(1, dtype=torch.float64))
    assert not can_run(NTM(), torch.empty(1, device="meta"))


def test_without_kernels_it_runs_as_its_definition(monkeypatch):
    monkeypatch.setattr("charlm.engines.memory_kernel.library", lambda: None)
    found = engines_of(ModelSettings(cell="ntm", num_layers=1, hidden_size=16), Compute("cpu", "fp32", "a CPU", 1))
    assert {*found.train, *found.score_numpy} == {"definition"}
    assert "memory" in found.notes[0]


@dataclass(frozen=True)
class Halved(NTM):
    """A cell of one's own."""

    def step(self, weights, projected, state, below=None):
        output, after, gates = super().step(weights, projected, state, below)
        return output / 2, after, gates


def test_a_cell_made_from_an_ntm_keeps_its_own_step():
    assert not has_kernel(Halved())
    assert not can_run(Halved(), np.zeros(1, np.float32))
