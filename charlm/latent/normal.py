"""Diagonal normal distributions as pure functions: to draw, their density, and the divergence between two.

    z = m + s * eps, eps ~ N(0, 1)
    ln N(z; m, s) = sum -((z - m) / s)^2 / 2 - ln s - ln(2 pi) / 2
    KL(q || p) = sum ln(s_p / s_q) + (s_q^2 + (m_q - m_p)^2) / (2 s_p^2) - 1/2

Knows no model. Shape letter: Z units of a latent; any axes may come before it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from charlm.cells.arrays import Array, exp, split, zeros

WIDEST = 8.0  # of |ln s|: beyond it, a float32 could not hold what the formulas square


class Normal(NamedTuple):
    """The mean and the logarithm of the scale of each unit, (..., Z) each."""

    mean: Array
    log_scale: Array


def normal_of(values: Array) -> Normal:
    """The normal that (..., 2 Z) values of a network describe: means, and logarithms of scales, which are bounded."""
    mean, log_scale = split(values, 2)
    return Normal(mean, log_scale.clip(-WIDEST, WIDEST))


def standard_normal(shape: tuple[int, ...], like: Array) -> Normal:
    """N(0, 1), as arrays of this shape like another array."""
    return Normal(zeros(shape, like), zeros(shape, like))


def draw(normal: Normal, noise: Array) -> Array:
    """The values that noise (..., Z) from N(0, 1) stands for."""
    return normal.mean + exp(normal.log_scale) * noise


def log_density(normal: Normal, z: Array) -> Array:
    """(...) the logarithm of the density at z (..., Z), in nats."""
    standard = (z - normal.mean) * exp(-normal.log_scale)
    return (-0.5 * standard * standard - normal.log_scale - 0.5 * math.log(2 * math.pi)).sum(-1)


def divergence(q: Normal, p: Normal) -> Array:
    """(...) KL(q || p) in closed form, in nats."""
    apart = q.mean - p.mean
    ratio = exp(2 * (q.log_scale - p.log_scale)) + apart * apart * exp(-2 * p.log_scale)
    return (p.log_scale - q.log_scale + 0.5 * ratio - 0.5).sum(-1)
