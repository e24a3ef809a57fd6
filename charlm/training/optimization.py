"""The update of the weights: learning rate, clipping, averaging, the optimizer's state as arrays. Knows no model."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import TrainingSettings
from charlm.training.optimizer import Optimizer

OPTIMIZER_PREFIX = "optimizer."


def learning_rate(settings: TrainingSettings, progress: float, epoch: float) -> float:
    """The learning rate at `progress` (share of the training that is done) and `epoch` (passes over the text so far).

    It rises linearly during warm-up. Then cosine (Loshchilov and Hutter 2017) and linear fall to final_rate at the end,
    step falls by the factor `decay` for each whole epoch from decay_after on, and constant stays.
    """
    progress = min(max(progress, 0.0), 1.0)
    rise = min(1.0, (progress + 1e-3) / (settings.warmup + 1e-3))
    rest = max(0.0, (progress - settings.warmup) / (1 - settings.warmup)) if settings.warmup < 1 else 0.0
    match settings.schedule:
        case "cosine":
            fall = settings.final_rate + (1 - settings.final_rate) * (1 + math.cos(math.pi * rest)) / 2
        case "linear":
            fall = 1 - (1 - settings.final_rate) * rest
        case "step":
            fall = settings.decay ** max(0, math.floor(epoch) - settings.decay_after + 1)
        case "constant":
            fall = 1.0
    return settings.learning_rate * rise * fall


def gradient_norm(weights: Mapping[str, Tensor]) -> Tensor:
    """The norm of all gradients together, on the device: a number."""
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients_of(weights))))
    return norm


def clip_gradients(settings: TrainingSettings, weights: Mapping[str, Tensor], norm: float) -> None:
    """Clip the gradients, whose norm is given, in place: elements by clip_value, then all by clip_norm."""
    if settings.clip_value is not None:
        torch.nn.utils.clip_grad_value_(weights.values(), settings.clip_value)
    if settings.clip_norm is not None:
        total = norm if settings.clip_value is None else float(gradient_norm(weights))
        if total > settings.clip_norm:
            torch._foreach_mul_(gradients_of(weights), settings.clip_norm / total)


def gradients_of(weights: Mapping[str, Tensor]) -> list[Tensor]:
    """Those that there are, in the order of the weights."""
    return [weight.grad for weight in weights.values() if weight.grad is not None]


def optimizer_to_arrays(optimizer: Optimizer) -> dict[str, np.ndarray]:
    """The state of the optimizer, named by kind and weight: `optimizer.exp_avg.head.bias`."""
    return {
        f"{OPTIMIZER_PREFIX}{kind}.{name}": value.detach().cpu().numpy()
        for name, values in optimizer.state.items()
        for kind, value in values.items()
    }


def optimizer_from_arrays(optimizer: Optimizer, arrays: Mapping[str, np.ndarray]) -> None:
    """Restore the state that `optimizer_to_arrays` gave. Raises ValueError or KeyError if it is another model's."""
    state: dict[str, dict[str, Tensor]] = {}
    for key, value in arrays.items():
        if key.startswith(OPTIMIZER_PREFIX):
            kind, _, name = key.removeprefix(OPTIMIZER_PREFIX).partition(".")
            state.setdefault(name, {})[kind] = torch.from_numpy(value.copy())
    optimizer.load(state)


class Average:
    """A running average of the weights, which often scores better than the weights (Polyak and Juditsky 1992).

    It is exponential. Its decay starts low and grows, so that the initial weights are forgotten quickly.
    """

    def __init__(self, weights: Mapping[str, Tensor], decay: float, updates: int = 0) -> None:
        self.decay = decay
        self.updates = updates
        self.weights = {name: weight.detach().clone() for name, weight in weights.items()}

    def update(self, weights: Mapping[str, Tensor]) -> None:
        """Move the average towards the current weights."""
        self.updates += 1
        decay = min(self.decay, self.updates / (self.updates + 9.0))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.weights.values()), [weights[name] for name in self.weights], 1 - decay)
