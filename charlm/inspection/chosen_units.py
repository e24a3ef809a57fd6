"""Which units of a model are meant: `2:17`, `2:17-20` for several, `2` for a whole layer. Knows no text.

Layers are counted from 1, the lowest, units from 0, as arrays are. Shape letters: H hidden, L layers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charlm.errors import UsageError

FORM = re.compile(r"(\d{1,4})(?::(\d{1,6})(?:-(\d{1,6}))?)?")


@dataclass(frozen=True, eq=False)
class ChosenUnits:
    """For each layer, the lowest first, a mask (H,) bool; and how they were named."""

    masks: tuple[np.ndarray, ...]
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        return sum(int(mask.sum()) for mask in self.masks)


def choose_units(given: Sequence[str], sizes: Sequence[int]) -> ChosenUnits:
    """The units of these names, in a model with layers of these sizes. A name may be several, separated by commas.

    Raises UsageError for a layer or a unit that is not there, and says what there is.
    """
    masks = tuple(np.zeros(size, bool) for size in sizes)
    names = [name.strip() for several in given for name in several.split(",") if name.strip()]
    for name in names:
        match = FORM.fullmatch(name)
        if match is None:
            what = f"{name!r} names no unit"
            raise UsageError(what, "--unit", "Give LAYER:UNIT such as 1:17, a range such as 1:17-20, or a layer: 1.")
        layer = int(match[1])
        if not 1 <= layer <= len(sizes):
            there = "one layer" if len(sizes) == 1 else f"{len(sizes)} layers; layer 1 is the lowest"
            raise UsageError(f"There is no layer {layer}", f"--unit {name}", f"The model has {there}.")
        size = sizes[layer - 1]
        first = int(match[2] or 0)
        last = int(match[3] or match[2] or size - 1)
        if not first <= last < size:
            what = f"There are no such units: {name}"
            raise UsageError(
                what, f"layer {layer} has units 0 to {size - 1}", "Give numbers of these, the lower first."
            )
        masks[layer - 1][first : last + 1] = True
    if not names:
        raise UsageError("--unit names no unit", "--unit", "Give LAYER:UNIT such as 1:17, or leave it out.")
    return ChosenUnits(masks, tuple(names))


def unit_names(sizes: Sequence[int]) -> list[str]:
    """(U,) the names of all units, in the order of the layers."""
    return [f"{layer}:{unit}" for layer, size in enumerate(sizes, 1) for unit in range(size)]
