"""Layers and whole commands on a CUDA device. Skipped, with the reason, if there is none."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from charlm.cells.table import CELLS, build_cell
from charlm.cells.unroll import unroll
from charlm.engines import torch_kernel
from charlm.engines.choosing import run_with_torch
from charlm.model.stack import Layer

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("name", CELLS)
def test_the_chosen_engine_equals_the_definition_on_a_gpu(name):
    cell, rng = build_cell(name, {}), np.random.default_rng(0)
    weights = {
        key: torch.tensor(rng.standard_normal(shape) * 0.3, device="cuda", requires_grad=True)
        for key, shape in cell.shapes(16, 32).items()
    }
    torch_kernel.pack(cell, weights)
    x = torch.tensor(rng.standard_normal((9, 4, 16)), device="cuda")
    state = cell.fresh_state(4, 16, 32, x)
    defined, _, end = unroll(cell, weights, x, state)
    layer = Layer(cell, 16, 32, reads_below=False, read_above=False)
    outputs, _, last = run_with_torch(layer, weights, x, state, None)
    torch.testing.assert_close(outputs, defined, rtol=1e-9, atol=1e-11)
    for one, other in zip(last, end, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_model_trained_on_a_gpu_is_used_on_a_cpu(charlm, verse, cell, precision):
    """torch-rnn #80: a GPU checkpoint on a CPU."""
    trained = charlm(
        "train", verse, "--steps", 60, "--device", "cuda", "--json", "-s", f"model.cell={cell}",
        "-s", "model.hidden_size=64", "-s", f"training.precision={precision}", "-s", "training.batch_size=8",
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    assert charlm("sample", "-n", 40, "--device", "cpu").returncode == 0
    scored = json.loads(charlm("eval", "perplexity", "--device", "cpu", "--json").stdout)
    assert scored["nats_per_character"] == pytest.approx(
        json.loads(trained.stdout)["valid_nats_per_character"], abs=1e-4
    )


def test_a_run_on_a_gpu_is_resumed(charlm, verse):
    assert charlm("train", verse, "--steps", 20, "--device", "cuda", "-s", "model.hidden_size=32").returncode == 0
    assert charlm("train", "--resume", "--steps", 40).returncode == 0
