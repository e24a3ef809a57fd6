"""Where the heads of an external memory look while a model reads a text. Knows no files and no torch.

Shape letters: T characters, N places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.engines.choosing import run_with_states
from charlm.inspection.watching import read_records
from charlm.model.language_model import LanguageModel


@dataclass(frozen=True, eq=False)
class HeadAddresses:
    """The weightings (T, N) of one head after each character; `head` is its name: read 1, write 1."""

    layer: int  # 1 is the lowest
    head: str
    weightings: np.ndarray

    @property
    def strongest(self) -> np.ndarray:
        """(T,) the place that has most of the weight."""
        return np.asarray(self.weightings.argmax(-1))

    @property
    def sharpness(self) -> np.ndarray:
        """(T,) the weight of that place: 1 if it has all."""
        return np.asarray(self.weightings.max(-1))


def has_addresses(model: LanguageModel) -> bool:
    """Whether any layer has a memory with places."""
    return any(layer.cell.HEADS for layer in model.layers)


def read_addresses(model: LanguageModel, ids: np.ndarray, end: int | None) -> list[HeadAddresses]:
    """The weightings of each head of each layer that has some, while the model reads ids (T,) from a fresh state.

    `end` is the id that ends a record, if the text has records: each is read from a fresh state. The parameters are
    numpy arrays.
    """
    seen: dict[tuple[int, str], list[np.ndarray]] = {}
    number = 0

    def watched(layer: Any, weights: Any, x: Any, before: Any, below: Any) -> Any:
        nonlocal number
        outputs, states = run_with_states(layer, weights, x, before, below)
        for head, each in layer.cell.addresses(layer.cell.step_weights(weights), states).items():
            seen.setdefault((number % len(model.layers) + 1, head), []).append(each[:, 0])
        number += 1
        memory = layer.cell.MEMORY
        return outputs, getattr(states, memory) if memory else None, type(before)(*(part[-1] for part in states))

    read_records(model, ids[:, None].astype(np.int64), model.fresh_state(1), watched, end)
    return [HeadAddresses(layer, head, np.concatenate(parts)) for (layer, head), parts in sorted(seen.items())]
