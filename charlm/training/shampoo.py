"""One-sided Shampoo, as pure functions on tensors: how the gradient of a matrix becomes a step. Knows no model.

What a matrix reads (the output of the layer below, or its own of the step before) moves far in a few directions and
little in most. AdamW divides each element of a gradient by its own size, which knows no directions. Shampoo (Gupta,
Koren and Singer 2018) multiplies the gradient G by inverse roots of the running means of GG' and G'G. Here only the
second is used, with exponent -1/2 (one-sided: Xie et al. 2025, An et al. 2025): that of the inputs. The step is then
given a fixed size, as Liu et al. (2025) do for Muon, so that the learning rates of AdamW suit it.

Shape letters: O rows, what the matrix gives; I columns, what it reads.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

KINDS = ("step", "exp_avg", "second_moment", "inverse_root")  # what is kept for a matrix, see `fresh`
SIZE = 0.3  # of a step: the root of its mean square, times the learning rate. That of AdamW is about 0.2
SEEN = 4  # updates between two gradients that G'G is a mean of: it changes slowly
RENEWED = 20  # updates between two roots, which take as long as several updates of the matrix
DAMPING = 1e-6  # of the largest eigenvalue, added to all
TINY = 1e-30  # so that a gradient of zeros gives a step of zeros


def fresh(weight: Tensor) -> dict[str, Tensor]:
    """The state before the first update: no gradients seen, and a root that changes nothing."""
    columns = weight.shape[1]
    identity = torch.eye(columns, dtype=weight.dtype, device=weight.device)
    values = torch.zeros(()), torch.zeros_like(weight), torch.zeros_like(identity), identity
    return dict(zip(KINDS, values, strict=True))


def update(
    weight: Tensor, gradient: Tensor, state: dict[str, Tensor], betas: Sequence[float], rate: float, decay: float
) -> None:
    """Move a weight (O, I) and its state in place. `betas` smooth the gradients and G'G; the decay is AdamW's."""
    state["step"] += 1
    step = int(state["step"])
    mean, second_moment = state["exp_avg"], state["second_moment"]
    mean.lerp_(gradient, 1 - betas[0])
    if step % SEEN == 0 or step < RENEWED:
        second_moment.lerp_(gradient.mT @ gradient, 1 - betas[1] ** SEEN)
    if step % RENEWED == 0 or (step < RENEWED and step & (step - 1) == 0):  # often at first: 1, 2, 4, 8, 16
        state["inverse_root"].copy_(inverse_root(second_moment))
    ahead = gradient.lerp(mean, betas[0])  # as if the mean had seen this gradient once more (Nesterov)
    move = ahead @ state["inverse_root"]
    length = torch.linalg.vector_norm(move) + TINY
    weight.mul_(1 - rate * decay).sub_(move * (rate * SIZE * move.numel() ** 0.5 / length))


def inverse_root(matrix: Tensor) -> Tensor:
    """The inverse root of a symmetric matrix (I, I) that has no negative eigenvalues but for rounding.

    The host computes it: it is small, and not all devices can.
    """
    values, vectors = torch.linalg.eigh(matrix.cpu())
    values = values.clamp(min=0)
    scales = (values + DAMPING * values[-1] + TINY).rsqrt()
    root: Tensor = (vectors * scales) @ vectors.mT
    return root.to(matrix.device)
