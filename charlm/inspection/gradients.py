"""How far back gradients reach: the norm of the gradient of the loss at t with respect to the input at t - k.

With L_t the nats of the character after t and x_t the embedding that the first layer reads, it is || dL_t / dx_(t-k) ||
for k = 0, 1, ...: the effect on the loss now of a small change k characters ago (Hochreiter 1991; Bengio, Simard and
Frasconi 1994). torch's autograd computes it in float64, through the definitions of the cells.

A record is read from a fresh state. What is before the end symbol that begins it has no effect, and no norm: NaN.

Knows no files. Shape letters: T time, B rows, V symbols, E embedding, K distances, N positions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.engines.torch_threads import one_thread
from charlm.inspection.excerpts import Excerpts, cut_excerpts
from charlm.inspection.inputs import forward_inputs, in_float64
from charlm.inspection.watching import read_records
from charlm.model.language_model import LanguageModel
from charlm.model.stack import unroll_layer
from charlm.model.state import reset_rows

if TYPE_CHECKING:
    from torch import Tensor

CHARACTERS_AT_ONCE = 2048  # in one backward pass; bounds the memory
VANISHED = 1e-12  # smaller norms count as zero


@dataclass(frozen=True, eq=False)
class GradientNorms:
    """norms (N, K): a row for each position t, a column for each distance k = 0 ... K - 1; NaN before a record."""

    norms: np.ndarray

    @property
    def positions(self) -> int:
        return int(self.norms.shape[0])

    @property
    def quartiles(self) -> np.ndarray:
        """(3, K): lower quartile, median and upper quartile over the positions, at each distance; NaN without any."""
        found = np.full((3, self.norms.shape[1]), np.nan)
        there = ~np.isnan(self.norms).all(0)
        found[:, there] = np.nanquantile(self.norms[:, there], [0.25, 0.5, 0.75], axis=0)
        return found

    @property
    def median(self) -> np.ndarray:
        """(K,) The median over the positions. Norms spread over decades, so a mean would follow the largest."""
        return np.asarray(self.quartiles[1])

    @property
    def vanished_at(self) -> int | None:
        """The first distance at which the median is under VANISHED; None if there is none."""
        vanished = np.flatnonzero(self.median < VANISHED)
        return int(vanished[0]) if vanished.size else None

    @property
    def factor(self) -> float | None:
        """The factor by which the median changes from one character to the one before it; None for under two points.

        It is exp of the slope of a straight line that is fitted to the logarithm, by least squares over k >= 1 up to
        the distance at which the median vanishes.
        """
        there = int((~np.isnan(self.median)).sum())
        end = there if self.vanished_at is None else self.vanished_at
        if end < 3:
            return None
        slope, _ = np.polyfit(np.arange(1, end), np.log(self.median[1:end]), 1)
        return math.exp(slope)

    @property
    def half_distance(self) -> float | None:
        """The number of characters over which the gradient halves; None if it does not fall."""
        return None if self.factor is None or self.factor >= 1 else math.log(0.5) / math.log(self.factor)


def gradient_norms(
    model: LanguageModel, ids: np.ndarray, distance: int, positions: int, end: int | None = None
) -> GradientNorms:
    """The norms at up to `positions` positions t, evenly spaced over a text, for k = 0 ... `distance`. ids (N,).

    `end` is the id that ends a record, if the text has records.

    Before each position the model reads some of the text before it. Raises TextError for a text of fewer than
    distance + 2 characters.
    """
    exact = in_float64(model)
    excerpts = cut_excerpts(ids, distance + 2, positions)
    rows = max(1, CHARACTERS_AT_ONCE // (distance + 1))
    starts = range(0, excerpts.inside.shape[1], rows)
    with one_thread():
        norms = [_norms(exact, excerpts, slice(start, start + rows), end) for start in starts]
    return GradientNorms(np.concatenate(norms))


def _norms(model: LanguageModel, excerpts: Excerpts, rows: slice, end: int | None) -> np.ndarray:
    """(B, K) for some of the excerpts."""
    import torch

    inside = torch.from_numpy(excerpts.inside[:, rows])
    state = model.fresh_state(inside.shape[1])
    if excerpts.before.size:
        with torch.no_grad():
            state = read_records(model, torch.from_numpy(excerpts.before[:, rows]), state, unroll_layer, end)
    gradient = input_gradient(model, inside[:-1], inside[-1], state, end)
    norms = np.asarray(gradient.norm(dim=-1).flip(0).T.numpy())
    if end is not None:
        begun = np.cumsum(excerpts.inside[-2::-1, rows] == end, axis=0).T  # the ends from k characters back on
        norms[np.pad(begun, ((0, 0), (1, 0)))[:, :-1] > 0] = np.nan
    return norms


def input_gradient(model: LanguageModel, ids: Tensor, target: Tensor, state: Any, end: int | None = None) -> Tensor:
    """ids (T, B) and the targets (B,) after them -> the gradient (T, B, E) of each row's nats for its inputs.

    With `end`, the id that ends a record, the state is fresh wherever one begins.

    Rows are independent, so one backward pass through their sum gives the gradient of every row.
    """
    import torch

    inputs = model.parameters["embedding.weight"][ids].detach().requires_grad_()
    if end is None:
        logits, _ = forward_inputs(model, inputs, state)
    else:
        for now, ended in zip(inputs, ids == end, strict=True):
            logits, state = forward_inputs(model, now[None], reset_rows(state, ended.to(inputs.dtype)))
    nats = torch.nn.functional.cross_entropy(logits[-1], target, reduction="sum")
    gradient: Tensor = torch.autograd.grad(nats, inputs)[0]
    return gradient
