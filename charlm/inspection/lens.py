"""The lens: what the head makes of a lower layer, as if the layers above were not there.

The head reads what a layer hands up, in a residual stack the sum so far. In a residual stack this is what the head was
trained to read, but for what is missing; in others, a layer speaks a code of its own, and the head may read nonsense.
So there is a second lens, the fitted one: a linear map from the layer to what the head reads, by least squares on the
first half of the text, then the head; it is judged on the second half (the logit lens of nostalgebraist 2020 and the
tuned lens of Belrose et al. 2023, by least squares). The fitted one also suits layers of another width.

Knows no files and no torch. Shape letters: N characters, V symbols, H hidden, L layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charlm.cells.symbols import Symbols
from charlm.inspection.text_rows import TextRows, in_order
from charlm.model.language_model import LanguageModel
from charlm.model.probabilities import log_softmax

RIDGE = 1e-3  # beside the mean square of the inputs
PART = 4096  # characters whose distributions are in memory at once


@dataclass(frozen=True, eq=False)
class LensView:
    """What one lens says of each target (N,): nats, its rank (0 is the likeliest) and the likeliest id."""

    name: str  # `layer 1`, `layer 1, fitted`
    layer: int  # counted from 1
    fitted: bool
    nats: np.ndarray
    ranks: np.ndarray
    likeliest: np.ndarray


@dataclass(frozen=True, eq=False)
class Lens:
    """`views`, the last of which is the model itself; `missing` says which lens there is not, and why."""

    targets: np.ndarray  # (N,)
    places: np.ndarray  # (N,) of the targets in the text
    views: tuple[LensView, ...]
    missing: tuple[str, ...]
    judged: slice  # the characters that were not fitted to

    @property
    def last(self) -> LensView:
        return self.views[-1]

    def agreement(self, view: LensView) -> float:
        """The share of the judged characters at which its likeliest character is that of the last layer."""
        return float((view.likeliest[self.judged] == self.last.likeliest[self.judged]).mean())


def lens(model: LanguageModel, groups: Sequence[TextRows]) -> Lens:
    """Look at a text through every lens. The model has numpy arrays; the text has at least one target."""
    from charlm.engines.choosing import run_with_numpy

    handed: list[np.ndarray] = []

    def logits_of(rows: TextRows) -> np.ndarray:
        symbols = Symbols(model.parameters["embedding.weight"], rows.inputs)
        state = model.fresh_state(rows.inputs.shape[1])
        logits, _ = model.read(symbols, state, run_with_numpy, seen=handed.append)
        return np.asarray(logits)

    found = [logits_of(rows) for rows in groups]
    logits, targets = in_order(groups, found), in_order(groups, [rows.targets for rows in groups])
    layers = len(model.layers)
    matrix, bias = model.head
    half = len(targets) // 2
    views, missing = [], []
    for number in range(1, layers):
        read, name = in_order(groups, handed[number - 1 :: layers]), f"layer {number}"
        if read.shape[1] == matrix.shape[1]:
            views.append(_view(name, number, False, read @ matrix.T + bias, targets))
        else:
            what = f"{read.shape[1]} units, and the head reads {matrix.shape[1]}"
            missing.append(f"{name} cannot be read by the head: it has {what}")
        if half > 2 * read.shape[1]:
            fitted = _fitted(read[:half], logits[:half], read)
            views.append(_view(f"{name}, fitted", number, True, fitted, targets))
        else:
            missing.append(f"{name} is not fitted: that takes a text of {4 * read.shape[1] + 4:,} characters")
    views.append(_view(f"layer {layers}", layers, False, logits, targets))
    judged = slice(half, None) if any(view.fitted for view in views) else slice(None)
    return Lens(targets, in_order(groups, [rows.places for rows in groups]), tuple(views), tuple(missing), judged)


def _fitted(inputs: np.ndarray, logits: np.ndarray, read: np.ndarray) -> np.ndarray:
    """A linear map with a bias from `inputs` to `logits`, by least squares with a small ridge, applied to `read`.

    The head is linear, so a map to what it reads and then the head is a linear map to logits, of the head's rank.
    """
    mean, height = inputs.mean(0, dtype=np.float64), logits.mean(0, dtype=np.float64)
    x, y = inputs - mean, logits - height
    gram = x.T @ x
    gram[np.diag_indices_from(gram)] += RIDGE * max(1e-12, float(np.trace(gram)) / len(gram))
    return np.asarray((read - mean) @ np.linalg.solve(gram, x.T @ y) + height)


def _view(name: str, layer: int, fitted: bool, logits: np.ndarray, targets: np.ndarray) -> LensView:
    nats, ranks, likeliest = (np.empty(len(targets), kind) for kind in (np.float64, np.int64, np.int64))
    for first in range(0, len(targets), PART):
        part = slice(first, first + PART)
        logs = log_softmax(logits[part])
        own = np.take_along_axis(logs, targets[part, None], axis=1)
        nats[part], ranks[part], likeliest[part] = -own[:, 0], (logs > own).sum(1), logs.argmax(1)
    return LensView(name, layer, fitted, nats, ranks, likeliest)
