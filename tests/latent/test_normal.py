"""Diagonal normals: density, divergence, draws."""

import math

import numpy as np
import pytest
import torch

from charlm.latent.normal import Normal, divergence, draw, log_density, normal_of, standard_normal


def some_normals():
    rng = np.random.default_rng(1)
    return (Normal(rng.standard_normal(4), 0.4 * rng.standard_normal(4)) for _ in range(2))


def test_kl_in_closed_form_is_the_mean_over_draws_within_a_hundredth():
    q, p = some_normals()
    z = draw(q, np.random.default_rng(2).standard_normal((100_000, 4)))
    assert (log_density(q, z) - log_density(p, z)).mean() == pytest.approx(divergence(q, p), rel=0.01)
    assert divergence(q, q) == pytest.approx(0, abs=1e-12)


def test_the_density_is_that_of_torch_with_numpy_and_torch():
    q, _ = some_normals()
    z = np.array([0.3, -2.0, 0.0, 1.0])
    known = torch.distributions.Normal(torch.tensor(q.mean), torch.tensor(np.exp(q.log_scale)))
    wanted = float(known.log_prob(torch.tensor(z)).sum())
    assert log_density(q, z) == pytest.approx(wanted)
    tensors = Normal(*(torch.tensor(part) for part in q))
    assert float(log_density(tensors, torch.tensor(z))) == pytest.approx(wanted)
    assert log_density(standard_normal((3,), z), np.zeros(3)) == pytest.approx(-1.5 * math.log(2 * math.pi))


def test_scales_are_bounded():
    values = normal_of(np.array([1.0, 2.0, -1e4, 1e4]))
    assert values.log_scale.tolist() == [-8, 8]
    assert values.mean.tolist() == [1, 2]
