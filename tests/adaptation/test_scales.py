"""How large gradients are, segment by segment."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.adaptation.scales import READ_BEFORE, gradient_scales
from charlm.benchmark.workload import random_ids, random_model
from charlm.config.settings import ModelSettings
from charlm.model.language_model import LanguageModel

MODEL = random_model(ModelSettings(cell="lstm", num_layers=1, hidden_size=16))
IDS = random_ids(600).astype(np.int64)


def test_they_are_the_root_mean_squares_of_the_gradients_of_single_segments():
    scales = gradient_scales(MODEL, IDS, 20, segments=3)
    starts = np.linspace(0, 600 - READ_BEFORE - 21, 3).astype(int)
    sums = {name: np.zeros_like(value) for name, value in MODEL.parameters.items()}
    for start in starts:
        values = {name: torch.tensor(value) for name, value in MODEL.parameters.items()}
        model = LanguageModel(MODEL.settings, values)
        text = torch.from_numpy(IDS[start : start + READ_BEFORE + 21])
        _, state = model.forward(text[:READ_BEFORE, None], model.fresh_state(1))
        for value in values.values():
            value.requires_grad_()
        logits, _ = LanguageModel(MODEL.settings, values).forward(text[READ_BEFORE:-1, None], state)
        torch.nn.functional.cross_entropy(logits[:, 0], text[READ_BEFORE + 1 :]).backward()
        for name, value in values.items():
            sums[name] += value.grad.numpy() ** 2
    assert scales.keys() == sums.keys()
    for name, scale in scales.items():
        assert np.allclose(scale.numpy(), np.sqrt(sums[name] / 3), atol=1e-6), name


@pytest.mark.parametrize("length", [2, 5, 21, 30, 90])
def test_a_short_text_has_fewer_and_shorter_segments(length):
    for scale in gradient_scales(MODEL, IDS[:length], 20).values():
        assert torch.isfinite(scale).all()


def test_quick_scales_are_of_recurrent_matrices_and_the_output_layer():
    assert sorted(gradient_scales(MODEL, IDS, 20, quick=True, segments=2)) == [
        "head.bias", "head.weight", "recurrent.weight_hh_l0",
    ]  # fmt: skip
