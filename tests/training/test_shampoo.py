"""Shampoo: its steps against its definition, and what holds for any gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charlm.config.settings import TrainingSettings
from charlm.training import shampoo
from charlm.training.optimizer import KINDS, Optimizer

BETAS = (0.9, 0.99)
SHAPES = [(12, 4), (4, 12), (1, 5), (5, 1), (1, 1), (7, 7)]


def gradients(shape, number, seed=1):
    return torch.randn(number, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def updated(given, rate=0.1, decay=0.0):
    """A weight of ones after updates with these gradients, and its state."""
    weight = torch.ones(given.shape[1:], dtype=given.dtype)
    state = shampoo.fresh(weight)
    for gradient in given:
        shampoo.update(weight, gradient, state, BETAS, rate, decay)
    return weight, state


def by_definition(given, rate, decay):
    """The same with numpy, step by step, with a root of the whole history wherever one is computed."""
    weight, mean, moment = np.ones(given.shape[1:]), 0.0, 0.0
    for step, gradient in enumerate(given.numpy(), 1):
        mean = BETAS[0] * mean + (1 - BETAS[0]) * gradient
        if step < 20 or step % 4 == 0:
            moment = BETAS[1] ** 4 * moment + (1 - BETAS[1] ** 4) * gradient.T @ gradient
        if step in (1, 2, 4, 8, 16, 20, 40):
            values, vectors = np.linalg.eigh(moment)
            root = vectors @ np.diag(1 / np.sqrt(values.clip(0) + 1e-6 * values.max())) @ vectors.T
        move = ((1 - BETAS[0]) * gradient + BETAS[0] * mean) @ root
        weight = weight * (1 - rate * decay) - rate * 0.3 * move / np.sqrt(np.mean(move**2))
    return weight


@pytest.mark.parametrize("shape", SHAPES)
def test_updates_equal_the_definition(shape):
    given = gradients(shape, 45)
    weight, _ = updated(given, rate=0.1, decay=0.2)
    # a rank that is not full leaves directions whose eigenvalues are rounding alone
    np.testing.assert_allclose(weight.numpy(), by_definition(given, 0.1, 0.2), rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e8])
def test_law_a_step_has_the_same_size_for_any_gradient(shape, scale):
    weight, _ = updated(scale * gradients(shape, 1), rate=0.1)
    assert float((weight - 1).pow(2).mean().sqrt()) == pytest.approx(0.1 * shampoo.SIZE)


@pytest.mark.parametrize("number", [1, 3])
def test_without_a_gradient_nothing_moves(number):
    weight, state = updated(torch.zeros(number, 3, 2))
    assert torch.equal(weight, torch.ones(3, 2))
    assert all(torch.isfinite(value).all() for value in state.values())


def test_directions_that_are_seldom_read_move_as_far_as_others():
    """AdamW's steps follow the large direction, whatever its angle to the axes; these do not."""
    turned = torch.linalg.qr(gradients((4, 4), 1, seed=2)[0])[0]
    given = gradients((50, 4), 41) * torch.tensor([100.0, 1.0, 1.0, 1.0], dtype=torch.float64) @ turned
    weight, _ = updated(given, rate=0.01)
    before, _ = updated(given[:-1], rate=0.01)
    moved = torch.linalg.svdvals(weight - before)
    assert moved[0] < 4 * moved[-1]
    theirs = torch.nn.Parameter(torch.ones(50, 4, dtype=torch.float64))
    adamw = torch.optim.AdamW([theirs], lr=0.01, weight_decay=0.0)
    for gradient in given:
        before = theirs.detach().clone()
        theirs.grad = gradient
        adamw.step()
    moved = torch.linalg.svdvals(theirs.detach() - before)
    assert moved[0] > 4 * moved[-1]


@pytest.mark.parametrize("size", [1, 3, 20])
def test_the_root_is_the_inverse_root(size):
    factor = gradients((4 * size, size), 1)[0]
    matrix = factor.mT @ factor
    root = shampoo.inverse_root(matrix)
    torch.testing.assert_close(root @ matrix @ root, torch.eye(size, dtype=torch.float64), rtol=0, atol=1e-3)
    assert torch.isfinite(shampoo.inverse_root(0 * matrix)).all()


def test_matrices_that_read_vectors_are_updated_so_and_all_else_by_adamw():
    names = "recurrent.weight_ih_l0", "recurrent.bias_l0", "embedding.weight", "encoder.embedding.weight", "head.weight"
    weights = {name: torch.randn(*((3,) if "bias" in name else (3, 2))).requires_grad_() for name in names}
    optimizer = Optimizer(TrainingSettings(optimizer="shampoo"), weights)
    for weight in weights.values():
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    kept = {name: KINDS["shampoo" if name == names[0] else "adamw"] for name in names}
    assert {name: tuple(state) for name, state in optimizer.state.items()} == kept
