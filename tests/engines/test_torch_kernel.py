"""A layer in bf16 on a CPU: by a kernel of torch's where there is one, by a scan where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS, build_cell
from charlm.engines import derived_kernel, torch_kernel
from charlm.engines.choosing import run_with_torch
from charlm.model.stack import Layer, unroll_layer

T, B, H = 9, 3, 8
KERNELS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn_tanh": torch.nn.RNN}
WITH_KERNEL = [name for name in CELLS if build_cell(name, {}).torch_kernel]


@pytest.fixture(autouse=True)
def asked_anew():
    """No answer of a test's stands for the next test."""
    answers = torch_kernel._runs_under_autocast
    answers.cache_clear()
    yield
    answers.cache_clear()


@pytest.fixture
def without_own_kernels(monkeypatch):
    monkeypatch.setattr(derived_kernel, "library", lambda: None)


def run(name, form, autocast=torch.bfloat16):
    """Outputs, state and gradients of a layer, under autocast."""
    layer = Layer(build_cell(name, {}), H, H, reads_below=False, read_above=False)
    rng = np.random.default_rng(0)
    weights = {
        key: torch.tensor(value, requires_grad=True)
        for key, value in layer.cell.initial_weights(rng, H, H, False).items()
    }
    x = torch.tensor(rng.standard_normal((T, B, H)), dtype=torch.float32, requires_grad=True)
    state = layer.cell.STATE(*(torch.zeros(B, H) for _ in layer.cell.STATE._fields))
    with torch.autocast("cpu", autocast or torch.bfloat16, enabled=autocast is not None):
        outputs, _, after = form(layer, weights, x, state, None)
    outputs.float().square().sum().backward()
    return [value.detach().float() for value in (outputs, *after, x.grad, *(w.grad for w in weights.values()))]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("kernel", KERNELS)
def test_what_is_found_by_trying_is_what_a_real_layer_meets(kernel, dtype):
    module = KERNELS[kernel](H, H)
    try:
        with torch.autocast("cpu", dtype):
            module(torch.randn(T, B, H))[0].float().sum().backward()
        met = True
    except RuntimeError:
        met = False
    assert torch_kernel._runs_under_autocast(kernel, dtype) is met


def test_a_kernel_is_tried_once(monkeypatch, without_own_kernels):
    tried = []

    def lstm(*given, **named):
        tried.append(given)
        raise RuntimeError("could not create a primitive descriptor")

    monkeypatch.setattr(torch, "lstm", lstm)
    for name in ("lstm", "cifg", "lstm97", "lstm"):
        run(name, run_with_torch)
    assert len(tried) == 1


@pytest.mark.parametrize("name", WITH_KERNEL)
def test_without_a_kernel_a_layer_is_a_scan(monkeypatch, without_own_kernels, name):
    monkeypatch.setattr(torch_kernel, "_runs_under_autocast", lambda kernel, dtype: False)
    monkeypatch.setattr(torch_kernel, "run", None)
    exact = run(name, unroll_layer, None)
    for ours, theirs in zip(run(name, run_with_torch), exact, strict=True):
        assert (ours - theirs).abs().max() < 0.03 * theirs.abs().max()


@pytest.mark.parametrize("own", [True, False], ids=["own kernels", "torch's alone"])
@pytest.mark.parametrize("name", WITH_KERNEL)
def test_whatever_this_processor_can_do_a_layer_runs_in_bf16(monkeypatch, name, own):
    if not own:
        monkeypatch.setattr(derived_kernel, "library", lambda: None)
    exact = run(name, unroll_layer, None)
    for ours, theirs in zip(run(name, run_with_torch), exact, strict=True):
        assert (ours - theirs).abs().max() < 0.03 * theirs.abs().max()


def test_a_layer_asks_nothing_where_numbers_are_not_narrowed(monkeypatch, without_own_kernels):
    def asked(*given):
        raise AssertionError(given)

    monkeypatch.setattr(torch_kernel, "_runs_under_autocast", asked)
    for name in WITH_KERNEL:
        run(name, run_with_torch, None)
    with pytest.raises(AssertionError):
        run("lstm", run_with_torch)


def test_what_is_tried_does_not_depend_on_the_mode_in_which_it_is_asked():
    with torch.inference_mode():
        inside = torch_kernel._runs_under_autocast("gru", torch.bfloat16)
    torch_kernel._runs_under_autocast.cache_clear()
    with torch.no_grad():
        assert torch_kernel._runs_under_autocast("gru", torch.bfloat16) is inside is True
