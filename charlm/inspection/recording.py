"""Inner values of a model while it reads a text, for every cell. Knows no files and no torch.

Kernels give the states of a layer after each step. A gate is a function of one step's input and of the state before it,
so all steps of a window are then computed at once by the cell's own equations, as if they were rows.

Shape letters: T time, B rows, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from charlm.cells.unroll import project_inputs
from charlm.engines.choosing import run_with_states
from charlm.inspection.value_names import OUTPUT, Value
from charlm.model.language_model import LanguageModel
from charlm.model.stack import Layer
from charlm.model.state import State


def window_values(
    model: LanguageModel, ids: np.ndarray, state: State, wanted: Sequence[Value]
) -> tuple[np.ndarray, State, list[np.ndarray]]:
    """ids (T, B) and the state before them -> logits (T, B, V), the state after them, and each value (T, B, H).

    Values are those after a character was read. The parameters are numpy arrays.
    """
    found: list[np.ndarray | None] = [None] * len(wanted)
    number = 0

    def recorded(layer: Layer, weights: Any, x: Any, before: Any, below: Any) -> Any:
        nonlocal number
        number += 1
        outputs, states = run_with_states(layer, weights, x, before, below)
        names = [value.name for value in wanted if value.layer == number]
        if names:
            inner = _inner(layer, weights, x, before, below, outputs, states, names)
            for place, value in enumerate(wanted):
                if value.layer == number:
                    found[place] = inner[value.name]
        memory = layer.cell.MEMORY
        last = type(before)(*(part[-1].copy() for part in states))  # a view would keep all steps in memory
        return outputs, getattr(states, memory) if memory else None, last

    logits, after = model.forward(ids, state, recorded)
    return logits, after, [each for each in found if each is not None]


def _inner(
    layer: Layer, weights: Any, x: Any, before: Any, below: Any, outputs: np.ndarray, states: Any, names: Sequence[str]
) -> dict[str, np.ndarray]:
    """The values of these names, (T, B, H)."""
    known = {**states._asdict(), OUTPUT: outputs}
    if not set(names) - set(known):
        return known
    cell = layer.cell
    weights = cell.step_weights(weights)
    projected = project_inputs(cell, weights, x)

    def rows(array: np.ndarray) -> np.ndarray:
        return array.reshape(-1, array.shape[-1])

    previous = type(before)(
        *(rows(np.concatenate([first[None], part[:-1]])) for first, part in zip(before, states, strict=True))
    )
    under = None if below is None else rows(np.asarray(below))
    _, _, gates = cell.step(weights, rows(projected), previous, under)
    return known | {name: gate.reshape(outputs.shape) for name, gate in gates.items()}
