"""AdamW and RMSProp over a model's weights, by torch's own functions. Knows no schedule and no model.

torch's classes import its compiler when the first of them is built, which takes a second or two of every start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim.adamw import adamw
from torch.optim.rmsprop import rmsprop

from charlm.config.settings import TrainingSettings

EPSILON = 1e-8  # torch's default for both
KINDS = {"adamw": ("step", "exp_avg", "exp_avg_sq"), "rmsprop": ("step", "square_avg")}  # what is kept for a weight


class Optimizer:
    """AdamW (Loshchilov and Hutter 2019) or RMSProp (Tieleman and Hinton 2012). Only matrices have weight decay.

    `state` has for each weight, by name, what KINDS says; nothing before its first update. `lr` is the rate of the
    next update.
    """

    def __init__(self, settings: TrainingSettings, weights: Mapping[str, Tensor]) -> None:
        self._settings, self._weights = settings, weights
        self.lr = settings.learning_rate
        self.kinds = KINDS[settings.optimizer]
        self.state: dict[str, dict[str, Tensor]] = {}

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """As torch.amp.GradScaler reads them."""
        return [{"params": list(self._weights.values())}]

    def zero_grad(self) -> None:
        for weight in self._weights.values():
            weight.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the weights with their gradients; a weight without one stays."""
        trained = {name: weight for name, weight in self._weights.items() if weight.grad is not None}
        for name, weight in trained.items():
            if name not in self.state:
                self.state[name] = self._fresh(weight)
        matrices = [name for name, weight in trained.items() if weight.ndim > 1]
        vectors = [name for name, weight in trained.items() if weight.ndim < 2]
        for names, decay in ((matrices, self._settings.weight_decay), (vectors, 0.0)):
            if names:
                self._update(names, decay)

    def _update(self, names: list[str], decay: float) -> None:
        settings = self._settings
        weights = [self._weights[name] for name in names]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        steps, *moments = ([self.state[name][kind] for name in names] for kind in self.kinds)
        if settings.optimizer == "adamw":
            first, second = moments
            beta1, beta2 = settings.betas
            adamw(
                weights, gradients, first, second, [], steps, fused=True, amsgrad=False, beta1=beta1, beta2=beta2,
                lr=self.lr, weight_decay=decay, eps=EPSILON, maximize=False,
            )  # fmt: skip
        else:
            rmsprop(
                weights, gradients, moments[0], [], [], steps, foreach=True, lr=self.lr, alpha=settings.rms_decay,
                eps=EPSILON, weight_decay=decay, momentum=0.0, centered=False,
            )  # fmt: skip

    def _fresh(self, weight: Tensor) -> dict[str, Tensor]:
        zeros = {kind: torch.zeros(()) if kind == "step" else torch.zeros_like(weight) for kind in self.kinds}
        return {kind: self._placed(kind, value, weight) for kind, value in zeros.items()}

    def _placed(self, kind: str, value: Tensor, weight: Tensor) -> Tensor:
        """On the device of the weight; the count of a foreach function stays on the host."""
        return value if kind == "step" and self._settings.optimizer == "rmsprop" else value.to(weight.device)

    def load(self, state: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Replace the state. Raises ValueError or KeyError if it is another model's or another optimizer's."""
        for name, values in state.items():
            if set(values) != set(self.kinds):
                raise ValueError(f"the state of {name} has {', '.join(sorted(values))}")
            wanted = {kind: torch.Size() if kind == "step" else self._weights[name].shape for kind in self.kinds}
            if {kind: value.shape for kind, value in values.items()} != wanted:
                raise ValueError(f"the state of {name} has another shape")
        self.state = {
            name: {kind: self._placed(kind, value, self._weights[name]) for kind, value in values.items()}
            for name, values in state.items()
        }
