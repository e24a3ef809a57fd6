"""Initial values of weights. numpy draws them, so that they do not depend on what trains the model. Knows no cell."""

from __future__ import annotations

import numpy as np


def initial_values(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The usual initial values of a weight, float32: recurrent matrices orthogonal, others uniform, vectors zero."""
    if len(shape) == 1:
        return np.zeros(shape, np.float32)
    if name == "weight_hh" and shape[0] % shape[1] == 0:
        return orthogonal(rng, shape[0] // shape[1], shape[1])
    return uniform(rng, shape, shape[1])


def uniform(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
    """Uniform in +-1 / sqrt(fan_in), as in torch.nn.Linear: gates begin nearly half open and learn sooner.

    On tiny-shakespeare, three times this variance, which preserves that of the input (LeCun et al. 1998), cost 0.03
    nats.
    """
    bound = fan_in**-0.5
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def orthogonal(rng: np.random.Generator, blocks: int, hidden_size: int) -> np.ndarray:
    """(blocks * H, H): one random orthogonal matrix for each gate (Saxe et al. 2013; Henaff et al. 2016).

    The signs of QR's diagonal are divided out; otherwise the matrices would not be uniformly distributed
    (Mezzadri 2007).
    """
    squares = []
    for _ in range(blocks):
        q, r = np.linalg.qr(rng.standard_normal((hidden_size, hidden_size)))
        squares.append(q * np.sign(np.diagonal(r)))
    return np.concatenate(squares).astype(np.float32)
