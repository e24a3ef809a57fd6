"""Units of a model that are named together, as a mask for each layer. Knows no text.

Layers are counted from 1, the lowest, units from 0, as arrays are. Shape letters: H hidden, L layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charlm.inspection.value_names import units_named


@dataclass(frozen=True, eq=False)
class ChosenUnits:
    """For each layer, the lowest first, a mask (H,) bool; and how they were named."""

    masks: tuple[np.ndarray, ...]
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        return sum(int(mask.sum()) for mask in self.masks)


def choose_units(given: Sequence[str], sizes: Sequence[int]) -> ChosenUnits:
    """The units of these names, in a model with layers of these sizes. Raises UsageError as `units_named` does."""
    masks = tuple(np.zeros(size, bool) for size in sizes)
    for unit in units_named(given, dict(enumerate(sizes, 1))):
        masks[unit.layer - 1][unit.number] = True
    return ChosenUnits(masks, tuple(name.strip() for several in given for name in several.split(",") if name.strip()))


def unit_names(sizes: Sequence[int]) -> list[str]:
    """(U,) the names of all units, in the order of the layers."""
    return [f"{layer}:{unit}" for layer, size in enumerate(sizes, 1) for unit in range(size)]
