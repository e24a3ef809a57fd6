"""Lower bounds of ln p(x) from weighted draws, as pure functions on numpy arrays. Knows no model.

A draw z from q(z | x) has the weight w = p(x, z) / q(z | x), whose mean is p(x). So E ln w <= ln p(x): the evidence
lower bound. With K draws, E ln mean_k w_k lies between it and ln p(x), and does not fall with K (Burda, Grosse and
Salakhutdinov 2016, Importance Weighted Autoencoders).

In a long text the weights of whole draws differ by factors without end, and one of K counts. There, K draws go on side
by side as particles: at each step the logarithm of the mean weight is added to the bound, and where few of them carry
the weight, they are replaced by copies of those that do (Maddison et al. 2017, Filtering Variational Objectives).

Shape letters: K draws, R lines, N latents, Z units.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

ACTIVE = 0.01  # variance of a unit's posterior mean over a text, above which the unit is used
COLLAPSED = 0.005  # bits of KL per character, below which the model has learnt to do without its latents


def log_mean_exp(log_weights: Values) -> Values:
    """(K, ...) logarithms to the logarithm of their mean (...), without overflow."""
    highest = log_weights.max(axis=0)
    found: Values = highest + np.log(np.exp(log_weights - highest).mean(axis=0))
    return found


def bound_with(log_weights: Values, draws: int) -> Values:
    """(R,) the bound with so many draws, from the ln w (K, R) of more: the mean over groups of `draws`.

    K is a multiple of `draws`. Of the same ln w, the bound does not fall with `draws`, by Jensen's inequality: not on
    average alone.
    """
    groups = log_weights.reshape(-1, draws, *log_weights.shape[1:])
    found: Values = log_mean_exp(groups.swapaxes(0, 1)).mean(axis=0)
    return found


def needs_resampling(log_weights: Values) -> NDArray[np.bool_]:
    """(R,) of ln w (K, R): whether the effective number of particles, (sum w)^2 / sum w^2, is below K / 2."""
    weights = np.exp(log_weights - log_weights.max(axis=0))
    effective = weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)
    return np.asarray(effective < len(log_weights) / 2)


def ancestors(log_weights: Values, uniform: Values) -> NDArray[np.int64]:
    """(K, R) of ln w (K, R): the particle that each new one copies, by systematic resampling at uniform (R,)."""
    weights = np.exp(log_weights - log_weights.max(axis=0))
    reached = np.cumsum(weights, axis=0) / weights.sum(axis=0)
    count = len(log_weights)
    points = (np.arange(count)[:, None] + uniform) / count
    chosen = (reached[None] <= points[:, None]).sum(axis=1)  # (K, K, R) compared
    found: NDArray[np.int64] = np.minimum(chosen, count - 1)
    return found


def active_units(means: Values) -> int:
    """The number of units whose posterior means (N, Z) vary over a text: the others say nothing about it."""
    return int((means.var(axis=0) > ACTIVE).sum())
