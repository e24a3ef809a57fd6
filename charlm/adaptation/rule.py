"""The rule by which a model learns from what it reads: dynamic evaluation. Knows no text and no model.

After a segment of the text, with g the gradient of its mean nats and theta_0 the weights of the checkpoint,

    theta  +=  decay r (theta_0 - theta)  -  rate g / (s + mean(s) / 2),      r = s / mean(s), decay r at most 1/2

where s is, for each weight, the root of the mean square of its gradient over segments of the training text: a weight
that learned much there learns much here, and is drawn back sooner. Krause, Kahembwe, Murray and Renals 2018, Dynamic
evaluation of neural sequence models, section 4, with half the mean of s in the place of their epsilon; and with s of
single segments as long as those that are read, not of batches, so that `rate` is a share of a unit step for any text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

MOST_DECAY = 0.5


@dataclass(frozen=True)
class Rule:
    """What is chosen: the rate, the decay towards the checkpoint, the characters of a segment.

    The values were found on a part of a text that was neither trained on nor scored (docs/scores.md); they are flat.
    """

    rate: float = 1e-3
    decay: float = 0.003
    segment: int = 48


class Weights:
    """A model's weights that adapt: their values now, those of the checkpoint, and how far each moves."""

    def __init__(self, original: Mapping[str, Tensor], scales: Mapping[str, Tensor], rule: Rule) -> None:
        """`scales` has s for each weight that adapts; others stay as they are. The order of names is no matter."""
        scales = dict(sorted(scales.items()))  # sums are added up in one order, to the same last bits
        self.values = {name: value.clone() for name, value in original.items()}
        self._adapting = [self.values[name].requires_grad_() for name in scales]
        mean = float(sum(s.sum() for s in scales.values()) / sum(s.numel() for s in scales.values()))
        mean = mean or 1.0  # no weight has ever a gradient: none moves
        decays = [(rule.decay / mean * s).clamp(max=MOST_DECAY) for s in scales.values()]
        self._kept = [1 - decay for decay in decays]
        self._drawn = [decay * original[name] for name, decay in zip(scales, decays, strict=True)]
        self._steps = [-rule.rate / (s + mean / 2) for s in scales.values()]

    @torch.no_grad()
    def learn(self) -> None:
        """One update with the gradients that backward left, which are then gone."""
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in self._adapting]
        torch._foreach_mul_(self._adapting, self._kept)
        torch._foreach_add_(self._adapting, self._drawn)
        torch._foreach_addcmul_(self._adapting, gradients, self._steps)
        for each in self._adapting:
            each.grad = None
