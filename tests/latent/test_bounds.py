"""Bounds from weighted draws, and resampling."""

import numpy as np
import pytest

from charlm.latent.bounds import active_units, ancestors, bound_with, log_mean_exp, needs_resampling


def some_log_weights():
    return np.random.default_rng(1).normal(-40, 3, (16, 5))


def test_with_one_draw_the_bound_is_the_mean_of_ln_w():
    log_weights = some_log_weights()
    assert bound_with(log_weights, 1) == pytest.approx(log_weights.mean(axis=0))


def test_the_bound_of_the_same_draws_never_falls_with_their_number():
    bounds = [bound_with(some_log_weights(), draws) for draws in (1, 2, 4, 8, 16)]
    assert (np.diff(bounds, axis=0) >= 0).all()


def test_the_bound_of_weights_of_any_size_is_finite():
    far = np.array([[-3000.0, 4000.0], [-3001.0, 3990.0]])
    assert np.isfinite(log_mean_exp(far)).all()
    assert log_mean_exp(far)[0] == pytest.approx(-3000 + np.log((1 + np.exp(-1)) / 2))


def test_resampling_copies_particles_in_proportion_to_their_weights():
    log_weights = np.log(np.array([[0.5, 0.25], [0.25, 0.25], [0.125, 0.25], [0.125, 0.25]]))
    taken = np.array([ancestors(log_weights, np.full(2, uniform)) for uniform in np.linspace(0, 0.999, 50)])
    counts = [(taken[:, :, 0] == particle).sum(axis=1).mean() for particle in range(4)]
    assert counts == pytest.approx([2, 1, 0.5, 0.5], abs=0.05)
    assert (np.sort(taken[:, :, 1], axis=1) == np.arange(4)).all()  # equal weights: each goes on
    assert needs_resampling(np.array([[0.0, 0.0], [-9.0, 0.0], [-9.0, 0.0], [-9.0, 0.0]])).tolist() == [True, False]


def test_a_unit_is_active_if_its_mean_says_something_about_the_text():
    rng = np.random.default_rng(1)
    means = np.stack([rng.normal(5, 0.05, 400), rng.normal(0, 0.5, 400)], axis=1)
    assert active_units(means) == 1
