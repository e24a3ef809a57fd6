"""How open the gates of a model are while it reads a text. Knows no files and no torch.

Values near 0 or 1 make a gate a switch, values between a filter. The bounds are those of Karpathy, Johnson and Li 2015.

Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.cells.arrays import Array
from charlm.inspection.excerpts import cut_excerpts
from charlm.inspection.watching import read_records, watch_layer
from charlm.model.language_model import LanguageModel
from charlm.model.stack import unroll_layer

LOW, HIGH = 0.1, 0.9
ROWS, LENGTH = 16, 256  # excerpts of the text, and characters in each


@dataclass(frozen=True)
class GateShares:
    """The shares of a gate's values, over time and units, that are under LOW, from LOW to HIGH, and over HIGH."""

    layer: int  # 1 is the lowest
    gate: str
    low: float
    between: float
    high: float
    values: int


def gate_shares(model: LanguageModel, ids: np.ndarray, end: int | None = None) -> tuple[GateShares, ...]:
    """The shares of each gate of each layer, over some thousand characters in excerpts from the whole text. ids (N,).

    `end` is the id that ends a record, if the text has records: each is read from a fresh state. Empty if no cell of
    the model has gates. Raises TextError if the text is empty.
    """
    excerpts = cut_excerpts(ids, max(1, min(LENGTH, ids.size)), ROWS)
    state = model.fresh_state(excerpts.inside.shape[1])
    if excerpts.before.size:
        state = read_records(model, excerpts.before, state, unroll_layer, end)
    seen: list[dict[str, Array]] = []  # of the layers in turn, once or at each step

    def watched(layer: Any, weights: Any, x: Any, before: Any, below: Any) -> Any:
        inner, result = watch_layer(layer, weights, x, before, below)
        seen.append({name: inner[name] for name in layer.cell.GATES if name in inner})
        return result

    read_records(model, excerpts.inside, state, watched, end)
    layers = len(model.layers)
    return tuple(
        _shares(number + 1, name, np.concatenate([each[name] for each in seen[number::layers]]))
        for number in range(layers)
        for name in seen[number]
    )


def _shares(layer: int, gate: str, values: np.ndarray) -> GateShares:
    low, high = int((values < LOW).sum()), int((values > HIGH).sum())
    total = int(values.size)
    return GateShares(layer, gate, low / total, (total - low - high) / total, high / total, total)
