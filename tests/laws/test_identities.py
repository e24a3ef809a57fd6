"""Cells that are another cell with some weights chosen: checks that need no opinion."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.cells import cifg, lstm, lstm97, peephole
from charlm.cells.unroll import unroll

T, B, I, H = 9, 3, 5, 4  # noqa: E741


def drawn(cell, seed=0):
    rng = np.random.default_rng(seed)
    return {key: rng.standard_normal(shape) * 0.5 for key, shape in cell.shapes(I, H).items()}


def run(cell, weights):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((T, B, I))
    state = cell.State(rng.uniform(-1, 1, (B, H)), rng.uniform(-1, 1, (B, H)))
    outputs, after = unroll(cell, weights, x, state)
    return np.stack([outputs[-1], after.h, after.c, outputs[0]])


@pytest.mark.parametrize("cell", [cifg, lstm97], ids=["cifg", "lstm97"])
def test_it_is_the_lstm_that_it_says(cell):
    """cifg: W_i = -W_f, b_i = -b_f. lstm97: the forget gate held open."""
    weights = drawn(cell)
    same = cell.as_lstm({key: torch.tensor(value) for key, value in weights.items()})
    ours = run(cell, weights)
    theirs = run(lstm, {key: value.numpy() for key, value in same.items()})
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_a_peephole_that_is_closed_is_an_lstm():
    weights = drawn(peephole) | {"peephole": np.zeros(3 * H)}
    same = {key: weights[key] for key in ("weight_ih", "weight_hh")}
    same |= {"bias_ih": weights["bias"], "bias_hh": np.zeros(4 * H)}
    np.testing.assert_allclose(run(peephole, weights), run(lstm, same), atol=1e-12)


def test_an_open_peephole_is_not():
    weights = drawn(peephole)
    closed = weights | {"peephole": np.zeros(3 * H)}
    assert abs(run(peephole, weights) - run(peephole, closed)).max() > 1e-3
