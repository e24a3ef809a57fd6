"""How open the gates of a model are while it reads. Knows no files and no torch.

A gate near 0 or 1 works as a switch, one in between as a filter (Karpathy, Johnson and Li 2015 count them so).
Shape letters: T time, B rows, I input, H hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.cells.arrays import Array
from charlm.inspection.watching import watch
from charlm.inspection.windows import spread
from charlm.model.language_model import LanguageModel

LOW, HIGH = 0.1, 0.9
ROWS, LENGTH = 16, 256  # stretches of the text, and characters looked at in each


@dataclass(frozen=True)
class GateShares:
    """Of all values of a gate, over time and units, the shares under LOW, from LOW to HIGH, and over HIGH."""

    layer: int  # 1 is the lowest
    gate: str
    low: float
    between: float
    high: float
    values: int


def gate_shares(model: LanguageModel, ids: np.ndarray) -> tuple[GateShares, ...]:
    """For each layer and gate, over some thousand characters spread over a text, each read after what stands before it.

    ids (N,). Empty where no cell of the model has gates. Raises TextError for a text without a character.
    """
    windows = spread(ids, max(1, min(LENGTH, ids.size)), ROWS)
    state = model.fresh_state(windows.inside.shape[1])
    if windows.before.size:
        _, state = model.forward(windows.before, state)
    seen: list[dict[str, Array]] = []

    def watched(layer: Any, weights: Any, x: Any, before: Any, below: Any) -> Any:
        inner, result = watch(layer, weights, x, before, below)
        seen.append({name: inner[name] for name in layer.cell.GATES if name in inner})
        return result

    model.forward(windows.inside, state, watched)
    return tuple(_shares(layer, name, values) for layer, gates in enumerate(seen, 1) for name, values in gates.items())


def _shares(layer: int, gate: str, values: np.ndarray) -> GateShares:
    low, high = int((values < LOW).sum()), int((values > HIGH).sum())
    total = int(values.size)
    return GateShares(layer, gate, low / total, (total - low - high) / total, high / total, total)
