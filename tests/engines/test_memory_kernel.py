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
from charlm.engines.choices import engines_of
from charlm.engines.memory_kernel import can_run, has_kernel, with_kernel

T, B, I, H = 6, 3, 5, 12  # noqa: E741
FORMS = [
    {},
    {"lstm_controller": True},
    {"read_heads": 2, "write_heads": 3, "shifts": 2, "places": 33, "width": 7},  # no whole number of vectors
    {"shifts": 0, "places": 16, "width": 3},
]

needs_kernel = pytest.mark.skipif(not has_kernel(NTM()), reason="the kernels are not compiled")


def results(cell, dtype):
    """Outputs, the state after them, and all gradients."""
    rng = np.random.default_rng(1)

    def tensor(*shape, factor=0.5):
        return torch.tensor(factor * rng.standard_normal(shape), dtype=torch.float32).to(dtype).requires_grad_()

    weights = {key: tensor(*shape) for key, shape in cell.shapes(I, H).items()}
    x = tensor(T, B, I)
    state = cell.fresh_state(B, I, H, like=x)
    begun = type(state)(*(tensor(*part.shape, factor=1e-4) for part in state))  # shares stay positive
    outputs, _, after = unroll(cell, weights, x, begun)
    given = [torch.tensor(rng.standard_normal(each.shape), dtype=dtype) for each in (outputs, *after)]
    loss = sum((each * factor).sum() for each, factor in zip((outputs, *after), given, strict=True))
    loss.backward()
    return [outputs, *after, x.grad, *(part.grad for part in begun), *(value.grad for value in weights.values())]


@needs_kernel
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_outputs_states_and_gradients_are_those_of_the_definition(form):
    exact = results(NTM(**form), torch.float64)
    for defined, found in zip(exact, results(with_kernel(NTM(**form)), torch.float32), strict=True):
        scale = max(1e-3, float(defined.detach().abs().max()))
        assert float((found.detach() - defined.detach()).abs().max()) < 3e-5 * scale


@needs_kernel
def test_numbers_beyond_the_limit_have_no_gradient():
    fast = with_kernel(NTM(places=16, width=3))
    asked = torch.zeros(1, fast._memory.numbers)
    asked[0, ::2] = 25.0
    asked.requires_grad_()
    _, read, moved = fast._memory.turn(asked, torch.randn(1, 48), torch.zeros(1, 32), torch.full((2, 16), 1 / 16))
    (read.sum() + (moved * torch.arange(32.0)).sum()).backward()
    assert (asked.grad[0, ::2] == 0).all()
    assert asked.grad.any()


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
    assert with_kernel(Halved()) == Halved()
    assert not can_run(Halved(), np.zeros(1, np.float32))
