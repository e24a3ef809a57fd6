"""How far back a loss is felt: the gradient of the loss at t with respect to the input at t - k.

With L_t the nats of the character after t and x_t the embedded character that the first layer reads, this is
|| dL_t / dx_(t-k) ||, for k from 0 on: how much a small change k characters ago would matter now (Hochreiter 1991;
Bengio, Simard and Frasconi 1994). It is worked out in float64, through the cells' definitions, by torch's autograd.

Knows no files. Shape letters: T time, B rows, V symbols, E embedding, K distances, N positions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.cells.symbols import Symbols, embed
from charlm.inspection.watching import watch
from charlm.inspection.windows import Windows, spread
from charlm.model.language_model import LanguageModel

if TYPE_CHECKING:
    from torch import Tensor

TOGETHER = 2048  # characters that are differentiated at once; bounds the memory
VANISHED = 1e-12  # a norm under this is nothing


@dataclass(frozen=True, eq=False)
class GradientNorms:
    """norms (N, K): a row for each position t, a column for each distance k = 0, 1, ..., K - 1."""

    norms: np.ndarray

    @property
    def positions(self) -> int:
        return int(self.norms.shape[0])

    @property
    def quartiles(self) -> np.ndarray:
        """(3, K): at each distance the lower quartile, the median and the upper quartile over the positions."""
        return np.asarray(np.quantile(self.norms, [0.25, 0.5, 0.75], axis=0))

    @property
    def median(self) -> np.ndarray:
        """(K,) Norms spread over decades: the median is a typical one, and no single position rules it."""
        return np.asarray(self.quartiles[1])

    @property
    def vanished_at(self) -> int | None:
        """The first distance at which the median is under VANISHED; None where there is none."""
        gone = np.flatnonzero(self.median < VANISHED)
        return int(gone[0]) if gone.size else None

    @property
    def factor(self) -> float | None:
        """What the median is multiplied by from one character to the one before it: exp of the slope of the straight
        line through its logarithm, least squares over k >= 1 up to where it vanished. None for under two points.
        """
        end = self.median.size if self.vanished_at is None else self.vanished_at
        if end < 3:
            return None
        slope, _ = np.polyfit(np.arange(1, end), np.log(self.median[1:end]), 1)
        return math.exp(slope)

    @property
    def half_distance(self) -> float | None:
        """Characters over which that factor halves the gradient; None where it does not fall."""
        return None if self.factor is None or self.factor >= 1 else math.log(0.5) / math.log(self.factor)


def gradient_norms(model: LanguageModel, ids: np.ndarray, distance: int, positions: int) -> GradientNorms:
    """The norms at up to `positions` places t spread over a text, for k = 0 .. `distance`. ids (N,).

    Before each place the model has read the text that stands there. Raises TextError for a text under distance + 2.
    """
    import torch

    parameters = {name: torch.tensor(value, dtype=torch.float64) for name, value in model.parameters.items()}
    exact = LanguageModel(model.settings, parameters)
    windows = spread(ids, distance + 2, positions)
    rows = max(1, TOGETHER // (distance + 1))
    pieces = range(0, windows.inside.shape[1], rows)
    norms = [_norms(exact, windows, slice(start, start + rows)) for start in pieces]
    return GradientNorms(np.concatenate(norms))


def _norms(model: LanguageModel, windows: Windows, rows: slice) -> np.ndarray:
    """(B, K) for some of the windows."""
    import torch

    inside = torch.from_numpy(windows.inside[:, rows])
    state = model.fresh_state(inside.shape[1])
    if windows.before.size:
        with torch.no_grad():
            _, state = model.forward(torch.from_numpy(windows.before[:, rows]), state)
    gradient = input_gradient(model, inside[:-1], inside[-1], state)
    return np.asarray(gradient.norm(dim=-1).flip(0).T.numpy())


def input_gradient(model: LanguageModel, ids: Tensor, target: Tensor, state: Any) -> Tensor:
    """(T, B, E): of each row, the gradient of the nats of target (B,), which follows ids (T, B), by every input.

    Rows do not know of each other, so the gradient of their sum is the gradient of each.
    """
    import torch

    inputs: list[Tensor] = []

    def watched(layer: Any, layer_weights: Any, x: Tensor | Symbols, before: Any, below: Any) -> Any:
        if not inputs:  # the first layer's input is what is varied
            inputs.append(embed(x).detach().requires_grad_())
            x = inputs[0]
        return watch(layer, layer_weights, x, before, below)[1]

    logits, _ = model.forward(ids, state, watched)
    nats = torch.nn.functional.cross_entropy(logits[-1], target, reduction="sum")
    return torch.autograd.grad(nats, inputs)[0]
