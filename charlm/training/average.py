"""A running average of the weights, which often scores better than they do (Polyak and Juditsky 1992)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


class Average:
    """Exponential, with a decay that starts low, so that the first weights are soon forgotten."""

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
