"""Inner values of a model while it reads a text, for every cell. Knows no files and no torch.

Kernels give the states of a layer after each step. A gate is a function of one step's input and of the state before it,
so all steps of a window are then computed at once by the cell's own equations, as if they were rows. A layer with a
state of more numbers than units, such as a matrix_lstm, is run step by step instead, and only what is wanted is kept:
the states of a window could be some gigabytes.

Shape letters: T time, B rows, H hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from charlm.cells.unroll import project_inputs, run_steps
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
        names = [value.name for value in wanted if value.layer == number]
        if max(part.shape[-1] for part in before) > layer.hidden_size:
            inner, result = _by_steps(layer, weights, x, before, below, names)
            for place, value in enumerate(wanted):
                if value.layer == number:
                    found[place] = inner[value.name]
            return result
        outputs, states = run_with_states(layer, weights, x, before, below)
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


def _by_steps(
    layer: Layer, weights: Any, x: Any, before: Any, below: Any, names: Sequence[str]
) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, Any, Any]]:
    """The values of these names (T, B, H), and what `unroll` gives for the layer."""
    cell, state = layer.cell, before
    weights = cell.step_weights(weights)
    outputs, memories = [], []
    kept: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for output, after, gates in run_steps(cell, weights, project_inputs(cell, weights, x), before, below):
        state = after
        outputs.append(output)
        memories.append(getattr(state, cell.MEMORY) if cell.MEMORY else None)
        known = {**state._asdict(), OUTPUT: output, **gates}
        for name, values in kept.items():
            values.append(known[name])
    inner = {name: np.stack(values) for name, values in kept.items()}
    return inner, (np.stack(outputs), memories if cell.MEMORY else None, state)


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
