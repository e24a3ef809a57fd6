"""AdamW, RMSProp and Shampoo over a model's weights. Knows no schedule, and of a model the names of its weights alone.

AdamW and RMSProp are torch's own functions. Its classes import its compiler when the first of them is built, which
takes a second or two of every start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim.adamw import adamw
from torch.optim.rmsprop import rmsprop

from charlm.config.settings import TrainingSettings
from charlm.training import shampoo

EPSILON = 1e-8  # torch's default for AdamW and RMSProp
KINDS = {  # what is kept for a weight
    "adamw": ("step", "exp_avg", "exp_avg_sq"),
    "rmsprop": ("step", "square_avg"),
    "shampoo": shampoo.KINDS,
}
ADDRESSED = ("embedding.weight", "head.weight")  # a row of them is for one symbol: AdamW suits them better


class Optimizer:
    """AdamW (Loshchilov and Hutter 2019), RMSProp (Tieleman and Hinton 2012), or Shampoo (shampoo.py) for the matrices
    that read vectors, with AdamW for all else. Only matrices have weight decay.

    `state` has for each weight, by name, what KINDS says of its `method`; nothing before its first update. `lr` is the
    rate of the next update.
    """

    def __init__(self, settings: TrainingSettings, weights: Mapping[str, Tensor]) -> None:
        self._settings, self._weights = settings, weights
        self.lr = settings.learning_rate
        self.method = {name: self._method_of(name, weight) for name, weight in weights.items()}
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
        groups: dict[tuple[str, bool], list[str]] = {}
        for name, weight in self._weights.items():
            if weight.grad is not None:
                groups.setdefault((self.method[name], weight.ndim > 1), []).append(name)
                if name not in self.state:
                    self.state[name] = self._fresh(name)
        for (method, is_matrix), names in groups.items():
            self._update(method, names, self._settings.weight_decay if is_matrix else 0.0)

    def _method_of(self, name: str, weight: Tensor) -> str:
        chosen = self._settings.optimizer
        return "adamw" if chosen == "shampoo" and (weight.ndim != 2 or name.endswith(ADDRESSED)) else chosen

    def _update(self, method: str, names: list[str], decay: float) -> None:
        settings = self._settings
        weights = [self._weights[name] for name in names]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        if method == "shampoo":
            for name, weight, gradient in zip(names, weights, gradients, strict=True):
                shampoo.update(weight, gradient, self.state[name], settings.betas, self.lr, decay)
            return
        steps, *moments = ([self.state[name][kind] for name in names] for kind in KINDS[method])
        if method == "adamw":
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

    def _fresh(self, name: str) -> dict[str, Tensor]:
        method, weight = self.method[name], self._weights[name]
        if method == "shampoo":
            return shampoo.fresh(weight)
        zeros = {kind: torch.zeros(()) if kind == "step" else torch.zeros_like(weight) for kind in KINDS[method]}
        return {kind: self._placed(name, kind, value) for kind, value in zeros.items()}

    def _placed(self, name: str, kind: str, value: Tensor) -> Tensor:
        """On the device of the weight; only a fused function counts its updates there."""
        return value if kind == "step" and self.method[name] != "adamw" else value.to(self._weights[name].device)

    def load(self, state: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Replace the state. Raises ValueError or KeyError if it is another model's or another optimizer's."""
        for name, values in state.items():
            if set(values) != set(KINDS[self.method[name]]):
                raise ValueError(f"the state of {name} has {', '.join(sorted(values))}")
            wanted = {kind: value.shape for kind, value in self._fresh(name).items()}
            if {kind: value.shape for kind, value in values.items()} != wanted:
                raise ValueError(f"the state of {name} has another shape")
        self.state = {
            name: {kind: self._placed(name, kind, value) for kind, value in values.items()}
            for name, values in state.items()
        }
