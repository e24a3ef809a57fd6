"""How weights move: learning rate, torch's optimizer, bounds on gradients, and a running average. Knows no model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from charlm.config.settings import TrainingSettings

PREFIX = "optimizer."


def learning_rate(settings: TrainingSettings, progress: float, epoch: float) -> float:
    """The rate at `progress` (0 to 1 of the training, by steps, epochs or wall clock) and `epoch` (readings so far).

    It rises linearly over the warm-up; cosine (Loshchilov and Hutter 2017) and linear then fall to final_rate at the
    very end, step falls by a factor for each whole epoch after decay_after, constant stays.
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


def build_optimizer(settings: TrainingSettings, weights: Mapping[str, Tensor]) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019) or RMSProp (Tieleman and Hinton 2012). Weight decay is for matrices only."""
    matrices = [weight for weight in weights.values() if weight.ndim > 1]
    vectors = [weight for weight in weights.values() if weight.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, fused=True)
    return torch.optim.RMSprop(groups, lr=settings.learning_rate, alpha=settings.rms_decay, foreach=True)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def clip_gradients(settings: TrainingSettings, weights: Mapping[str, Tensor]) -> float:
    """Bound the gradients in place, each element first, then all together. Gives the global norm before either."""
    gradients = [weight.grad for weight in weights.values() if weight.grad is not None]
    norm = _global_norm(gradients)
    if settings.clip_value is not None:
        torch.nn.utils.clip_grad_value_(weights.values(), settings.clip_value)
    if settings.clip_norm is not None:
        total = norm if settings.clip_value is None else _global_norm(gradients)
        if total > settings.clip_norm:
            torch._foreach_mul_(gradients, settings.clip_norm / total)
    return norm


def _global_norm(gradients: list[Tensor]) -> float:
    return float(torch.stack(torch._foreach_norm(gradients)).norm())


def optimizer_to_arrays(optimizer: torch.optim.Optimizer, weights: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """The optimizer's memory, named by weight and kind: `optimizer.exp_avg.head.bias`."""
    return {
        f"{PREFIX}{kind}.{name}": value.detach().cpu().numpy()
        for name, weight in weights.items()
        for kind, value in optimizer.state.get(weight, {}).items()
    }


def optimizer_from_arrays(
    optimizer: torch.optim.Optimizer, weights: Mapping[str, Tensor], arrays: Mapping[str, np.ndarray]
) -> None:
    """Give the optimizer the memory that `optimizer_to_arrays` took. Raises ValueError where it is another model's."""
    numbers = {
        id(weight): number for number, weight in enumerate(chain(*(g["params"] for g in optimizer.param_groups)))
    }
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in arrays.items():
        if key.startswith(PREFIX):
            kind, _, name = key.removeprefix(PREFIX).partition(".")
            if value.shape not in ((), tuple(weights[name].shape)):
                raise ValueError(f"{key} has the shape {value.shape}")
            state.setdefault(numbers[id(weights[name])], {})[kind] = torch.from_numpy(value.copy())
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


class Average:
    """A running average of the weights, which often scores better than they do (Polyak and Juditsky 1992).

    Exponential, with a decay that starts low, so that the first weights are soon forgotten.
    """

    def __init__(self, weights: Mapping[str, Tensor], decay: float, updates: int = 0) -> None:
        self.decay = decay
        self.updates = updates
        self.weights = {name: weight.detach().clone() for name, weight in weights.items()}

    def update(self, weights: Mapping[str, Tensor]) -> None:
        """Move towards the weights as they are now."""
        self.updates += 1
        decay = min(self.decay, self.updates / (self.updates + 9.0))
        with torch.no_grad():
            for name, kept in self.weights.items():
                kept.lerp_(weights[name], 1 - decay)
